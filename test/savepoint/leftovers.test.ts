// What dead attempts left in a store.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { failureOf } from './failing.ts'
import { inTempFolder, sampleDraft } from './samples.ts'
import { clock, codes, makeSavepoint, withLayer } from './small-savepoints.ts'

describe('leftovers in a store of checkpoints', () => {
  it('removes what dead attempts left and no manifest names, and nothing else', () =>
    inTempFolder(async root => {
      await makeSavepoint(join(root, 'savepoint'))
      const path = join(root, 'store')
      const dead = await openStore(path, clock)
      await dead.adopt(await openSavepoint(join(root, 'savepoint')))
      await dead.commit(1, await withLayer(dead, [{ key: 'c', value: 9 }], join(root, 'savepoint')))
      await withLayer(dead, [{ key: 'd', value: 9 }]) // never committed
      await writeFile(join(path, 'manifests', `manifests-00000002.json.tmp-${dead.attempt}`), '{')
      await writeFile(join(path, 'segments/notes.txt'), 'mine')
      const owner = await openStore(path, clock)
      await owner.commit(2, await withLayer(owner, [{ key: 'e', value: 9 }]))
      await withLayer(owner, [{ key: 'f', value: 9 }]) // being written
      const { files } = await owner.removeLeftovers()
      expect(files.length).to.equal(3)
      expect(files.every(file => file.includes(dead.attempt))).to.equal(true)
      expect((await owner.removeLeftovers()).files).to.deep.equal([])
      const { findings } = await verifySavepoint(path)
      expect(findings.map(({ what }) => what)).to.deep.equal(Array(3).fill('no manifest names it'))
    }))

  it('removes bad records that were kept for a checkpoint that never came: they were kept again', () =>
    inTempFolder(async root => {
      const path = join(root, 'store')
      const first = await openStore(path, clock)
      await first.commit(1, sampleDraft())
      const second = await openStore(path, clock)
      await second.commit(2, sampleDraft())
      const owner = await openStore(path, clock)
      await owner.commit(3, sampleDraft())
      await mkdir(join(path, 'bad'))
      const keep = async (source: string, number: number, attempt: string): Promise<string> => {
        const name = `${source}.${number}.${attempt}.parquet`
        await writeFile(join(path, 'bad', name), '')
        return name
      }
      const counted = [
        await keep('s', 1, first.attempt),
        await keep('s', 2, second.attempt),
        await keep('s', 4, owner.attempt), // being written
      ]
      const dead = [
        await keep('s', 2, first.attempt),
        await keep('other.2', 3, second.attempt),
        await keep('s', 4, second.attempt),
      ]
      const { files } = await owner.removeLeftovers()
      expect(files).to.have.members(dead.map(name => `bad/${name}`))
      expect(await readdir(join(path, 'bad'))).to.have.members(counted)
      await rm(join(path, 'manifests/00000001.json')) // let go: what it counted stays
      expect((await owner.removeLeftovers()).files).to.deep.equal([])
    }))

  it('removes nothing while a manifest can not be read', () =>
    inTempFolder(async root => {
      const store = await openStore(root, clock)
      await store.commit(1, sampleDraft())
      await store.commit(2, sampleDraft())
      const stray = `op.total.${'9'.repeat(32)}.1.arrow`
      await writeFile(join(root, 'segments', stray), '')
      await writeFile(join(root, 'manifests/00000001.json'), '')
      expect(codes(await failureOf(() => store.removeLeftovers()))).to.equal('data corrupt-manifest')
      expect(await readdir(join(root, 'segments'))).to.deep.equal([stray])
    }))
})
