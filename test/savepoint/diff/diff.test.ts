import { expect } from 'chai'
import fc, { type Arbitrary } from 'fast-check'
import { jsonText } from '../../../src/codec/json-text.ts'
import { valueToJson } from '../../../src/codec/json-value.ts'
import { keyCodec, type Key } from '../../../src/record/key.ts'
import { prepareFolder } from '../../../src/savepoint/attempt-folder.ts'
import { diff, isDifferent, type Difference, type KeyChange } from '../../../src/savepoint/diff/diff.ts'
import { openSavepoint } from '../../../src/savepoint/open.ts'
import type { Savepoint, StateTable } from '../../../src/savepoint/savepoint.ts'
import { rejects } from '../../rejects.ts'
import { keyOf, table as anyTable, valueOf } from '../arbitraries.ts'
import { draftOf, NaiveState, writeLayers, type Change } from '../model.ts'
import { countingClock, inTempFolder, sampleDraft } from '../samples.ts'

interface Pair {
  readonly table: StateTable
  readonly keyGroups: number
  readonly blockBytes: readonly [number, number]
  readonly before: readonly Change[]
  readonly after: readonly Change[]
}

/** Two states that have most of their entries in common. */
const pairs: Arbitrary<Pair> = anyTable.chain(table => {
  const entry = (key: Key): Arbitrary<Change> =>
    fc.record({
      key: fc.constant(key),
      clear: fc.constant(false),
      values: fc.array(valueOf(table.state.type), {
        minLength: 1,
        maxLength: table.state.kind === 'list' ? 4 : 1,
      }),
    })
  const nameOf = (key: Key): string => Buffer.from(keyCodec(table.key).bytes(key)).toString('hex')
  return fc
    .uniqueArray(keyOf(table), { minLength: 1, maxLength: 30, selector: nameOf })
    .chain(keys =>
      fc.record({
        table: fc.constant(table),
        keyGroups: fc.constantFrom(1, 3, 256),
        blockBytes: fc.tuple(fc.constantFrom(1, 60, 32768), fc.constantFrom(1, 60, 32768)),
        base: fc.tuple(...keys.map(entry)),
        others: fc.tuple(
          ...keys.map(key => fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, entry(key))),
        ),
        fate: fc.array(fc.constantFrom('both', 'both', 'both', 'before', 'after'), {
          minLength: keys.length,
          maxLength: keys.length,
        }),
      }),
    )
    .map(({ base, others, fate, ...rest }) => ({
      ...rest,
      before: base.filter((_, i) => fate[i] !== 'after'),
      after: base.map((change, i) => others[i] ?? change).filter((_, i) => fate[i] !== 'before'),
    }))
})

async function written(
  path: string,
  { table, keyGroups }: Pick<Pair, 'table' | 'keyGroups'>,
  layers: readonly (readonly Change[])[],
  blockBytes = 32768,
): Promise<Savepoint> {
  const folder = await prepareFolder(path, countingClock())
  const state = await writeLayers(folder, table, keyGroups, layers, { blockBytes })
  const kind = layers.length > 1 ? 'checkpoint' : 'savepoint'
  await folder.commit(sampleDraft({ kind, ...draftOf(table, state, keyGroups) }))
  return openSavepoint(path)
}

async function all(a: Savepoint, b: Savepoint): Promise<Difference[]> {
  const found: Difference[] = []
  for await (const difference of diff(a, b)) found.push(difference)
  return found
}

/** `kind key before → after`, with the values of all rows that differ. */
function shown(table: StateTable, differences: readonly Difference[]): string[] {
  const text = (value: unknown): string =>
    value === undefined ? '-' : jsonText(valueToJson(table.state.type, value))
  return differences
    .filter((each): each is KeyChange => each.kind !== 'context' && each.kind !== 'state')
    .map(({ kind, key, fields }) => {
      const rows = new Map<string, string>()
      // Fields of a struct are not held against the model, only that something in the row differs.
      for (const { field, before, after } of fields)
        rows.set(field.split('.')[0]!, field.includes('.') ? '' : `${text(before)}→${text(after)}`)
      return `${kind} ${jsonText(key)} ${[...rows].map(([name, what]) => name + what).join(' ')}`
    })
}

function expected({ table, keyGroups, before, after }: Pair): string[] {
  const [a, b] = [new NaiveState(table).apply(before), new NaiveState(table).apply(after)]
  const codec = keyCodec(table.key)
  const text = (value: unknown): string => jsonText(valueToJson(table.state.type, value))
  const keys = [...new Map([...a.entries, ...b.entries].map(([name, { key }]) => [name, key])).values()]
  keys.sort((x, y) => codec.group(x, keyGroups) - codec.group(y, keyGroups) || codec.compare(x, y))
  return keys.flatMap(key => {
    const [old, now] = [a.get(key), b.get(key)]
    const rows = Array.from({ length: Math.max(old.length, now.length) }, (_, i) => {
      const [x, y] = [i < old.length ? text(old[i]) : '-', i < now.length ? text(now[i]) : '-']
      const isStruct = [old[i], now[i]].every(
        value =>
          typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype,
      )
      const name = table.state.kind === 'list' ? `[${i}]` : table.state.name
      return x === y ? null : `${name}${isStruct ? '' : `${x}→${y}`}`
    }).filter(row => row !== null)
    if (rows.length === 0) return []
    const kind = old.length === 0 ? 'added' : now.length === 0 ? 'removed' : 'changed'
    return [`${kind} ${jsonText(key)} ${rows.join(' ')}`]
  })
}

const numbers: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'int32' } }] },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}
const put = (key: Key, ...values: unknown[]): Change => ({ key, clear: false, values })

describe('diff', () => {
  it('names exactly the keys and rows that differ, for every type, kind and cut into blocks', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async pair => {
        await inTempFolder(async root => {
          const a = await written(`${root}/a`, pair, [pair.before], pair.blockBytes[0])
          const b = await written(`${root}/b`, pair, [pair.after], pair.blockBytes[1])
          const found = await all(a, b)
          expect(shown(pair.table, found)).to.deep.equal(expected(pair))
          expect(found.some(isDifferent)).to.equal(expected(pair).length > 0)
          expect((await all(a, a)).filter(isDifferent)).to.deep.equal([])
        })
      }),
      { numRuns: 40 },
    )
  })

  it('compares what layers come to, not the layers', async () => {
    await inTempFolder(async root => {
      const keys = Array.from({ length: 500 }, (_, i) => i)
      const base = keys.map(key => put(key, key))
      const later = [put(7, -7), { key: 8, clear: true, values: [] }, put(1000, 1), put(9, 9)]
      const a = await written(`${root}/a`, { table: numbers, keyGroups: 4 }, [base], 60)
      const b = await written(`${root}/b`, { table: numbers, keyGroups: 4 }, [base, later], 500)
      const found = await all(a, b)
      expect(shown(numbers, found).sort()).to.deep.equal([
        'added 1000 total-→1',
        'changed 7 total7→-7',
        'removed 8 total8→-',
      ])
      const counts = { added: 1, removed: 1, changed: 1, notCompared: null }
      expect(found.at(-1)).to.deep.equal({ kind: 'state', uid: 'op', state: 'total', ...counts })
    })
  })

  it('says first what the savepoints are of', async () => {
    await inTempFolder(async root => {
      const of = { table: numbers, keyGroups: 4 }
      const a = await written(`${root}/a`, of, [[put(1, 1)]])
      const b = await written(`${root}/b`, of, [[put(1, 2)]])
      const { sources } = a.manifest
      const moved = sources.map(each => ({
        ...each,
        partitions: each.partitions.map(at => (at.partition === 0 ? { ...at, next: 12 } : at)),
      }))
      const other = {
        ...b,
        manifest: { ...b.manifest, sources: moved, job: { ...b.manifest.job, name: 'shop' } },
      }
      const found = await all(a, other)
      expect(found.slice(0, 2)).to.deep.equal([
        { kind: 'context', what: 'job', of: '', before: 'retail', after: 'shop' },
        { kind: 'context', what: 'position', of: 'purchases/0', before: '9', after: '12' },
      ])
      expect(found.slice(2).map(({ kind }) => kind)).to.deep.equal(['changed', 'state'])
    })
  })

  it('does not compare entries of other types, and refuses other key groups', async () => {
    await inTempFolder(async root => {
      const whole: StateTable = { ...numbers, state: { ...numbers.state, type: { kind: 'int32' } } }
      const a = await written(`${root}/a`, { table: numbers, keyGroups: 4 }, [[put(1, 1)]])
      const b = await written(`${root}/b`, { table: whole, keyGroups: 4 }, [[put(1, 1)]])
      const found = await all(a, b)
      expect(found).to.deep.include({
        kind: 'context',
        what: 'state',
        of: 'op/total',
        before: 'value float64',
        after: 'value int32',
      })
      expect(found.at(-1)).to.include({ kind: 'state', notCompared: 'other types' })
      const c = await written(`${root}/c`, { table: numbers, keyGroups: 8 }, [[put(1, 1)]])
      await rejects(all(a, c), 'invalid', 'different-key-groups')
    })
  })
})
