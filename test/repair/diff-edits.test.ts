// What differs as edits: they make the first savepoint's entries those of the second, whatever the kind of state.
import { expect } from 'chai'
import fc from 'fast-check'
import { join } from 'node:path'
import type { Json } from '../../src/codec/json-value.ts'
import { jsonText } from '../../src/codec/json-text.ts'
import { differenceJson } from '../../src/cli/diff-lines.ts'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { diffEdits } from '../../src/repair/diff-edits.ts'
import { edit } from '../../src/repair/edit.ts'
import type { Edit } from '../../src/repair/edits.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import { diff } from '../../src/savepoint/diff/diff.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { source } from '../../src/source/declare.ts'
import { list, map, value } from '../../src/state/state.ts'
import { begin, newest, runToEnd, worldLog } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { expectSound, options } from './repairs.ts'

const schema = { customer: t.string(), shop: t.safeInt64() }
const uid = 'visits'

const visits = job('visits')
  .from(source('visits', { schema }))
  .keyBy('customer', 'shop')
  .apply(uid, {
    state: {
      note: value(t.optional(t.float64())),
      last: value(t.struct({ shop: t.int64(), tags: t.list(t.string()) })),
      all: list(t.optional(t.int32())),
      counts: map(t.string(), t.struct({ n: t.int32() })),
    },
    onRecord({ customer, shop }, { note, last, all, counts }) {
      note.set(shop / 2)
      last.set({ shop: BigInt(shop), tags: [customer] })
      all.add(shop)
      counts.set(customer, { n: shop })
    },
  })

/** JSON forms of what each state may have. */
const forms: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  note: fc.constantFrom<Json>(null, 0, -0, 1.5, 'NaN', 'Infinity'),
  last: fc.record({
    shop: fc.bigInt({ min: 0n, max: 99n }).map(String),
    tags: fc.array(fc.string(), { maxLength: 2 }),
  }),
  all: fc.array(fc.option(fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 3 }),
  counts: fc.dictionary(fc.constantFrom('a', 'b', 'ann'), fc.record({ n: fc.integer({ min: 0, max: 2 }) }), {
    minKeys: 1,
  }),
}

const change: fc.Arbitrary<Edit> = fc
  .record({
    state: fc.constantFrom(...Object.keys(forms)),
    customer: fc.constantFrom('ann', 'bob', 'cy', 'eve'),
    shop: fc.integer({ min: 0, max: 2 }),
  })
  .chain(({ state, customer, shop }) =>
    fc.oneof(
      { weight: 3, arbitrary: forms[state]!.map(set => ({ uid, state, key: [customer, shop], set })) },
      { weight: 1, arbitrary: fc.constant({ uid, state, key: [customer, shop], delete: true as const }) },
    ),
  )

describe('differences as edits', () => {
  const origin = sharedFolder()
  const folders = tempFolders()
  let begun: Savepoint

  before(async () => {
    const log = await worldLog(origin(), 'visits', schema, 1)
    await begin(visits, origin())
    await log.append(
      0,
      ...Array.from({ length: 30 }, (_, n) => ({ customer: ['ann', 'bob', 'cy'][n % 3], shop: n % 4 })),
    )
    await runToEnd(visits, origin(), {
      from: join(origin(), 'savepoint'),
      maxBatchRecords: 7,
      checkpointEveryMs: 0,
    })
    begun = await newest(origin())
  })

  async function collected(a: Savepoint, b: Savepoint): Promise<readonly Edit[]> {
    const all: Edit[] = []
    for await (const one of diffEdits(a, b)) all.push(JSON.parse(jsonText(one)) as Edit)
    return all
  }

  it('make A the same as B, and expect what A has', async () => {
    const edits = fc.uniqueArray(change, {
      selector: ({ key, state }) => JSON.stringify([key, state]),
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(edits, async changes => {
        const folder = folders()
        const other = await expectSound((await edit(begun, changes, options(folder, 'other'))).savepoint)
        const found = await collected(begun, other)
        const repaired = await edit(begun, found, options(folder, 'repaired'))
        expect((await expectSound(repaired.savepoint)).manifest.stateDigest).to.equal(
          other.manifest.stateDigest,
        )
        expect(repaired.changes).to.have.length(found.length)
        // Each expects what A has: on B, which has something else, all are refused.
        if (found.length > 0)
          await rejects(edit(other, found, options(folder, 'no')), 'conflict', 'stale-edit')
        for await (const difference of diff(begun, other)) JSON.parse(differenceJson(difference))
      }),
      { numRuns: 10 },
    )
  })

  it('are refused where the states are not the same ones', async () => {
    const renamed = await rewrite(begun, {
      ...options(folders(), 'renamed'),
      renameState: { 'visits/note': 'notes' },
    })
    await rejects(collected(begun, renamed.savepoint!), 'conflict', 'different-states')
  })

  it('tell what no edit takes away', async () => {
    const told: string[] = []
    const renamed = await rewrite(begun, { ...options(folders(), 'dropped'), drop: ['visits/note'] })
    for await (const { delete: removes } of diffEdits(begun, renamed.savepoint!, {
      onContext: ({ of }) => told.push(of),
    }))
      expect(removes).to.equal(true)
    expect(told).to.deep.equal(['visits/note'])
  })
})
