/** How files of an archive appear when several archivers are at it, and when one was killed half-way. */
import { linkSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { encodeBatches } from '../../../src/source/parquet/batch-writer.ts'
import { fileName } from '../../../src/source/archive/file-name.ts'
import { fileNameKey, finishClaims, publishArchived } from '../../../src/source/archive/publish-archived.ts'
import { tempFolders } from '../../temp-folder.ts'

describe('a file of an archive', () => {
  const tempFolder = tempFolders()
  const bytesOf = (name: string): Promise<Uint8Array> =>
    encodeBatches(name, [{ name: 'n', type: { kind: 'int32' } }], [], new Map([[fileNameKey, name]]))
  const longer = (name: string, length: number): Promise<Uint8Array> =>
    encodeBatches(name, [], [], new Map([[fileNameKey, name], ['more', 'x'.repeat(length)]])) // prettier-ignore
  const nameOf = (first: number, next: number, log: string = 'sales'): string =>
    fileName(log, { partition: 3, first, next })

  it('goes on from a place only once, whoever else tries at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const to = tempFolder()
      const names = [1, 2, 3, 4, 5].map(next => nameOf(0, next, next % 2 === 0 ? 'sales' : 'other'))
      const drafts = await Promise.all(names.map(async name => ({ name, bytes: await bytesOf(name) })))
      const outcomes = await Promise.allSettled(
        drafts.map(({ name, bytes }) => publishArchived(to, name, bytes)),
      )
      const won = names.filter((_, i) => outcomes[i]?.status === 'fulfilled')
      expect(won).to.have.length(1)
      expect(readdirSync(to)).to.deep.equal(won)
      const codes = outcomes.flatMap(each => (each.status === 'rejected' ? [(each.reason as { code: string }).code] : [])) // prettier-ignore
      expect(codes).to.deep.equal(Array.from({ length: 4 }, () => 'lost-ownership'))
      await publishArchived(to, nameOf(9, 10), await bytesOf(nameOf(9, 10)))
    }
  })

  it('is not written by two under one hidden name, though both have the same number as in containers', async () => {
    for (let round = 0; round < 3; round++) {
      const to = tempFolder()
      const name = nameOf(0, 4)
      const drafts = await Promise.all([3, 4_000_000].map(length => longer(name, length)))
      const outcomes = await Promise.allSettled(drafts.map(bytes => publishArchived(to, name, bytes)))
      const won = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [drafts[i]!] : []))
      expect(won).to.have.length(1)
      expect(readdirSync(to)).to.deep.equal([name])
      expect(readFileSync(join(to, name)).equals(won[0]!)).to.equal(true)
    }
  })

  it('that was claimed before its archiver was killed is finished by the next, under its own name', async () => {
    const to = tempFolder()
    const name = nameOf(5, 9)
    writeFileSync(join(to, '.draft'), await bytesOf(name))
    linkSync(join(to, '.draft'), join(to, '.p3-5.claim'))
    await finishClaims(to)
    expect(readdirSync(to).sort()).to.deep.equal(['.draft', name])
    expect(statSync(join(to, name)).ino).to.equal(statSync(join(to, '.draft')).ino)
  })

  it('whose place somebody else has by now is not finished', async () => {
    const to = tempFolder()
    await publishArchived(to, nameOf(5, 7), await bytesOf(nameOf(5, 7)))
    writeFileSync(join(to, '.draft'), await bytesOf(nameOf(5, 9)))
    linkSync(join(to, '.draft'), join(to, '.p3-5.claim'))
    await finishClaims(to)
    expect(readdirSync(to).sort()).to.deep.equal(['.draft', nameOf(5, 7)])
  })

  it('without records takes no place from one that has some', async () => {
    const to = tempFolder()
    for (const name of [nameOf(0, 0), nameOf(0, 4)]) await publishArchived(to, name, await bytesOf(name))
    expect(readdirSync(to).sort()).to.deep.equal([nameOf(0, 0), nameOf(0, 4)])
  })

  it('without records leaves the claim of one that has some alone', async () => {
    const to = tempFolder()
    writeFileSync(join(to, '.draft'), await bytesOf(nameOf(0, 4)))
    linkSync(join(to, '.draft'), join(to, '.p3-0.claim'))
    await publishArchived(to, nameOf(0, 0), await bytesOf(nameOf(0, 0)))
    expect(readdirSync(to).sort()).to.deep.equal(['.draft', '.p3-0.claim', nameOf(0, 0)])
    await finishClaims(to)
    expect(readdirSync(to).sort()).to.deep.equal(['.draft', nameOf(0, 0), nameOf(0, 4)])
  })
})
