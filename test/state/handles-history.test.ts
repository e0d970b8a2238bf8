/** Handles of state over random histories: what an undo takes back, what a checkpoint is told of. */
import { expect } from 'chai'
import fc from 'fast-check'
import { aggregating, list, map, reducing, t, value } from 'headwater'
import { present, replaced } from '../../src/state/state-column.ts'
import type { MapCell } from '../../src/state/map-cell.ts'
import type {
  AggregatingHandle,
  ListHandle,
  MapHandle,
  ReducingHandle,
  ValueHandle,
} from '../../src/state/state.ts'
import { tableOf } from './handles-table.ts'

describe('handles of state', () => {
  type Write = readonly ['set' | 'add' | 'clear', number]
  const writes = fc.array(
    fc.tuple(
      fc.constantFrom('set' as const, 'add' as const, 'clear' as const),
      fc.integer({ min: 0, max: 9 }),
    ),
    { maxLength: 6 },
  )

  it('an undo takes back all that one call wrote, and nothing else', () => {
    fc.assert(
      fc.property(writes, writes, (before, during) => {
        const { table, columns, handles, focus } = tableOf({
          v: value(t.int32()),
          l: list(t.int32()),
          r: reducing(t.int32(), (a: number, b: number) => a + b),
        })
        const slot = table.addSlot()
        const write = ([kind, n]: Write): void => {
          const { v, l, r } = handles as unknown as {
            v: ValueHandle<number, undefined>
            l: ListHandle<number>
            r: ReducingHandle<number, undefined>
          }
          if (kind === 'clear') for (const handle of [v, l, r]) handle.clear()
          if (kind === 'add') (l.add(n), r.add(n), v.set(n + 1))
          if (kind === 'set') (l.set([n, n]), v.set(n))
        }
        for (const each of before) {
          focus(slot)
          write(each)
        }
        const snapshot = () =>
          columns.map(({ values, flags, storedCounts }) => [
            ((flags[slot] as number) & present) === 0 ? null : structuredClone(values[slot]),
            flags[slot],
            storedCounts[slot],
          ])
        const expected = snapshot()
        focus(slot)
        for (const each of during) write(each)
        for (const column of columns) column.undo(slot)
        expect(snapshot()).to.deep.equal(expected)
      }),
      { numRuns: 500 },
    )
  })

  interface MapWrite {
    readonly kind: 'set' | 'delete' | 'clear'
    readonly key: string
    readonly n: number
  }
  const mapWrites = fc.array(
    fc.record<MapWrite>({
      kind: fc.constantFrom('set', 'set', 'delete', 'clear'),
      key: fc.constantFrom('', 'b', 'z', '\u{1F600}', '\uFFFD'),
      n: fc.integer({ min: 0, max: 9 }),
    }),
    { maxLength: 8 },
  )

  it('a map and an aggregate say what plain ones say, failed calls and checkpoints between', () => {
    const calls = fc.array(
      fc.record({ writes: mapWrites, end: fc.constantFrom('stays', 'fails', 'stored') }),
      {
        maxLength: 8,
      },
    )
    fc.assert(
      fc.property(calls, all => {
        const { table, columns, handles, focus } = tableOf({
          m: map(t.string(), t.int32()),
          a: aggregating({
            accumulator: t.struct({ sum: t.int32(), count: t.int32() }),
            initial: { sum: 0, count: 0 },
            add: ({ sum, count }, n: number) => ({ sum: sum + n, count: count + 1 }),
            result: ({ sum, count }) => [sum, count],
          }),
        })
        const { m, a } = handles as unknown as {
          m: MapHandle<string, number>
          a: AggregatingHandle<number, number[]>
        }
        const slot = table.addSlot()
        let plain = new Map<string, number>()
        let added: readonly number[] = []
        let below = new Map<string, number>()
        for (const { writes, end } of all) {
          const [oldPlain, oldAdded] = [new Map(plain), added]
          focus(slot)
          for (const { kind, key, n } of writes) {
            if (kind === 'clear') (m.clear(), a.clear(), plain.clear(), (added = []))
            if (kind === 'delete') expect(m.delete(key)).to.equal(plain.delete(key))
            if (kind === 'set') (m.set(key, n), a.add(n), plain.set(key, n), (added = [...added, n]))
            expect([m.get(key), m.has(key)]).to.deep.equal([plain.get(key), plain.has(key)])
          }
          if (end === 'fails') {
            for (const column of columns) column.undo(slot)
            ;[plain, added] = [oldPlain, oldAdded]
          }
          const inOrder = [...plain].sort(([x], [y]) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
          expect(m.entries()).to.deep.equal(inOrder)
          expect([m.size, m.keys(), m.values()]).to.deep.equal([
            plain.size,
            inOrder.map(([key]) => key),
            inOrder.map(([, n]) => n),
          ])
          expect(a.get()).to.deep.equal([added.reduce((sum, n) => sum + n, 0), added.length])
          const flags = columns[0]!.flags[slot]!
          expect((flags & present) !== 0, 'an empty map is no entry').to.equal(plain.size > 0)
          if (end !== 'stored') continue
          // What is stored below, with the changes that a checkpoint takes over it, is the map.
          const cell = columns[0]!.values[slot] as MapCell | undefined
          if ((flags & replaced) !== 0) below = new Map()
          const isDirty = columns[0]!.takeDirty().includes(slot)
          const changed = cell?.takeChanged() ?? []
          for (const key of (flags & replaced) !== 0 ? (cell?.keys() ?? []) : isDirty ? changed : []) {
            if (cell!.has(key)) below.set(key as string, cell!.get(key) as number)
            else below.delete(key as string)
          }
          columns[0]!.flags[slot] = flags & present
          expect(below).to.deep.equal(plain)
        }
      }),
      { numRuns: 500 },
    )
  })
})
