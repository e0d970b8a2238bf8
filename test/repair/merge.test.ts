import { expect } from 'chai'
import { systemClock } from '../../src/clock.ts'
import { merge } from '../../src/repair/merge.ts'
import { edit } from '../../src/repair/edit.ts'
import { rewrite, type RewriteOptions } from '../../src/repair/rewrite.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { bootstrapFrom, entries, foreignHistory } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { expectSound, ledger, ledgerCheckpoints, options, schema } from './repairs.ts'
import { join } from 'node:path'

describe('merge', () => {
  const origin = sharedFolder()
  const folders = tempFolders()
  let whole: Savepoint

  before(async () => {
    whole = await ledgerCheckpoints(origin(), 40)
  })

  async function part(changes: Partial<RewriteOptions>): Promise<Savepoint> {
    const settings = { ...options(folders(), 'part'), clock: systemClock } // attempts with other names
    const { savepoint } = await rewrite(whole, { ...settings, ...changes })
    return expectSound(savepoint)
  }

  it('puts two halves together to the very same state', async () => {
    const low = await part({ where: `customer < 'c5'` })
    const high = await part({ where: `customer >= 'c5'` })
    const { savepoint, states } = await merge(low, high, options(folders(), 'all'))
    const all = await expectSound(savepoint)
    expect(all.manifest.stateDigest).to.equal(whole.manifest.stateDigest)
    expect(states[1]?.before).to.deep.equal({ keys: 10, entries: 40 })
    expect(all.manifest.audit?.map(({ command }) => command)).to.deep.equal(['rewrite', 'rewrite', 'merge'])
    expect(all.manifest.audit?.at(-1)?.parents).to.deep.equal(
      [low, high].map(({ manifest }) => manifest.manifestDigest),
    )
  })

  it('refuses keys that both have, unless a function makes one value of two', async () => {
    const some = await part({ where: `customer < 'c3'` })
    const error = await rejects(merge(whole, some, options(folders(), 'all')), 'conflict', 'overlapping-keys')
    for (const key of ['c0', 'c1', 'c2']) expect(error.message).to.contain(`spend/total of key ${key}`)
    const other = await edit(
      some,
      [{ uid: 'spend', state: 'amounts', key: 'c1', set: [5] }],
      options(folders(), 'o'),
    )
    const { savepoint } = await merge(whole, other.savepoint!, {
      ...options(folders(), 'all'),
      with: (left, right, { state }) =>
        state === 'total' ? (left as number) - (right as number) : [...(left as []), ...(right as [])],
    })
    const merged = await expectSound(savepoint)
    expect(await entries(merged, 'spend', 'total')).to.include({ c0: 0, c1: 0, c2: 0, c3: 72 })
    expect((await entries(merged, 'spend', 'amounts'))['c1']).to.deep.equal([1, 11, 21, 31, 5])
  })

  it('takes positions of other partitions, and refuses others of the same', async () => {
    const folder = folders()
    const history = async (partition: number, rows: number, into: string): Promise<Savepoint> => {
      const values = Array.from({ length: rows }, (_, offset) => ({
        partition,
        offset,
        value: { customer: `p${partition}-${offset}`, amount: 1 },
      }))
      const place = join(folder, into)
      await foreignHistory(place, 'purchases', schema, values)
      return bootstrapFrom(ledger, place)
    }
    const [zero, one, more] = [await history(0, 2, 'a'), await history(1, 3, 'b'), await history(1, 4, 'c')]
    const { savepoint } = await merge(one, zero, options(folder, 'all'))
    const all = await expectSound(savepoint)
    const partitions = all.manifest.sources[0]?.partitions.map(({ partition, next }) => [partition, next])
    expect(partitions).to.deep.equal([
      [0, 2],
      [1, 3],
    ])
    expect(all.manifest.counts.sources[0]?.rows).to.equal(5)
    const error = await rejects(merge(one, more, options(folder, 'no')), 'conflict', 'different-positions')
    expect(error.message).to.contain('source purchases partition 1')
  })

  it('refuses savepoints that are not of one kind', async () => {
    const regrouped = await part({ keyGroups: 5, where: 'customer is null' })
    await rejects(merge(whole, regrouped, options(folders(), 'no')), 'invalid', 'different-settings')
    const retyped = await part({ retype: { 'spend/total': { kind: 'int64' } }, keyPrefix: 'none' })
    const error = await rejects(
      merge(whole, retyped, options(folders(), 'no')),
      'conflict',
      'different-states',
    )
    expect(error.message).to.contain('value of float64').and.contain('value of int64')
    expect((await openSavepoint(whole.manifestPath)).manifest).to.deep.equal(whole.manifest)
  })
})
