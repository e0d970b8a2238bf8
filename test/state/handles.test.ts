/** Handles of state: what they answer, and what they refuse. */
import { expect } from 'chai'
import { aggregating, list, map, reducing, t, value } from 'headwater'
import { HeadwaterError } from '../../src/errors.ts'
import { dirty, present, replaced } from '../../src/state/state-column.ts'
import type {
  AggregatingHandle,
  ListHandle,
  MapHandle,
  ReducingHandle,
  ValueHandle,
} from '../../src/state/state.ts'
import { tableOf } from './handles-table.ts'

describe('handles of state', () => {
  it('speak of the key in focus only', () => {
    const { table, handles, focus } = tableOf({ total: value(t.int32(), 0) })
    const total = handles.total as ValueHandle<number, never>
    const slots = [table.addSlot(), table.addSlot()]
    focus(slots[0]!)
    total.set(7)
    focus(slots[1]!)
    expect(total.get()).to.equal(0)
    total.set(8)
    focus(slots[0]!)
    expect(total.get()).to.equal(7)
    total.clear()
    expect(total.get()).to.equal(0)
    focus(slots[1]!)
    expect(total.get()).to.equal(8)
  })

  it('answer undefined where there is no value and no initial one', () => {
    const { table, handles, focus } = tableOf({
      last: value(t.string()),
      least: reducing(t.int32(), (a: number, b: number) => Math.min(a, b)),
    })
    focus(table.addSlot())
    const last = handles.last as ValueHandle<string, undefined>
    const least = handles.least as ReducingHandle<number, undefined>
    expect(last.get()).to.equal(undefined)
    expect(least.get()).to.equal(undefined)
    least.add(3)
    least.add(2)
    least.add(5)
    expect(least.get()).to.equal(2)
  })

  it('reduce into the initial value where there is one', () => {
    const { table, handles, focus } = tableOf({
      sum: reducing(t.int32(), (a: number, b: number) => a + b, 100),
    })
    focus(table.addSlot())
    const sum = handles.sum as ReducingHandle<number, never>
    sum.add(1)
    sum.add(2)
    expect(sum.get()).to.equal(103)
  })

  const wrong: readonly (readonly [string, () => void])[] = (() => {
    const { table, handles, focus } = tableOf({
      n: value(t.int32(), 0),
      big: value(t.int64(), 0n),
      names: list(t.string()),
    })
    focus(table.addSlot())
    const { n, big, names } = handles as unknown as {
      n: ValueHandle<unknown, never>
      big: ValueHandle<unknown, never>
      names: ListHandle<unknown>
    }
    return [
      ['a fraction in int32', () => n.set(1.5)],
      ['a number beyond int32', () => n.set(2 ** 31)],
      ['a bigint in int32', () => n.set(1n)],
      ['a number in int64', () => big.set(1)],
      ['null in a type without null', () => n.set(null)],
      ['undefined', () => n.set(undefined)],
      ['a lone surrogate', () => names.add('\ud800')],
      ['one wrong element among right ones', () => names.set(['a', 2])],
    ]
  })()
  for (const [what, write] of wrong) {
    it(`refuse ${what}`, () => {
      expect(write).to.throw(HeadwaterError).with.property('kind', 'data')
    })
  }

  it('keep what a restored run would find: float32 rounded, no −0 in whole numbers, bytes of their own', () => {
    const { table, handles, focus } = tableOf({
      f: value(t.float32(), 0),
      n: value(t.int32(), 1),
      d: value(t.float64(), 0),
      b: value(t.bytes()),
    })
    focus(table.addSlot())
    const { f, n, d, b } = handles as unknown as Record<string, ValueHandle<unknown, never>>
    f!.set(0.1)
    n!.set(-0)
    d!.set(-0)
    const bytes = Uint8Array.of(1, 2)
    b!.set(bytes)
    bytes[0] = 9
    expect(f!.get()).to.equal(Math.fround(0.1))
    expect(Object.is(n!.get(), 0)).to.equal(true)
    expect(Object.is(d!.get(), -0)).to.equal(true)
    expect(b!.get()).to.deep.equal(Uint8Array.of(1, 2))
  })

  it('a list marks what a checkpoint must write: appended elements, or all of them behind a tombstone', () => {
    const { table, columns, handles, focus } = tableOf({ names: list(t.string()) })
    const slot = table.addSlot()
    const column = columns[0]!
    column.load(slot, ['a', 'b'])
    focus(slot)
    const names = handles.names as ListHandle<string>
    names.add('c')
    expect(column.flags[slot]).to.equal(present | dirty)
    expect(column.storedCounts[slot]).to.equal(2)
    names.set(['d'])
    expect(column.flags[slot]).to.equal(present | dirty | replaced)
    expect(column.storedCounts[slot]).to.equal(0)
    names.clear()
    expect(names.get()).to.deep.equal([])
    expect(column.flags[slot]).to.equal(dirty | replaced)
    expect(column.takeDirty()).to.deep.equal([slot])
    expect(column.takeDirty()).to.deep.equal([])
  })

  it('give what later writes do not change, and can not be written through', () => {
    const { table, columns, handles, focus } = tableOf({
      l: list(t.int32()),
      b: value(t.bytes()),
      bs: list(t.bytes()),
    })
    const slot = table.addSlot()
    const { l, b, bs } = handles as unknown as {
      l: ListHandle<number>
      b: ValueHandle<Uint8Array, undefined>
      bs: ListHandle<Uint8Array>
    }
    focus(slot)
    l.add(1)
    const one = l.get()
    l.add(2)
    const two = l.get()
    columns[0]!.takeDirty()
    focus(slot)
    l.add(3)
    l.add(4)
    const four = l.get()
    for (const column of columns) column.undo(slot)
    expect([one, two, four, l.get()]).to.deep.equal([[1], [1, 2], [1, 2, 3, 4], [1, 2]])
    b.set(Uint8Array.of(1))
    bs.add(Uint8Array.of(2))
    b.get()![0] = 9
    bs.get()[0]![0] = 9
    expect([...b.get()!, ...bs.get()[0]!]).to.deep.equal([1, 2])
  })

  it('give copies of bytes wherever they lie in a value', () => {
    const blob = t.struct({ bytes: t.bytes() })
    const { table, handles, focus } = tableOf({
      v: value(blob),
      l: list(t.list(t.bytes())),
      m: map(t.string(), t.bytes()),
      n: map(t.string(), blob),
      a: aggregating({
        accumulator: t.list(t.bytes()),
        initial: [Uint8Array.of(0)],
        add: (kept, next: Uint8Array) => [...kept, next],
        result: kept => kept.at(-1)!,
      }),
    })
    const { v, l, m, n, a } = handles as unknown as {
      v: ValueHandle<{ bytes: Uint8Array }, undefined>
      l: ListHandle<readonly Uint8Array[]>
      m: MapHandle<string, Uint8Array>
      n: MapHandle<string, { bytes: Uint8Array }>
      a: AggregatingHandle<Uint8Array, Uint8Array>
    }
    const all = (): readonly Uint8Array[] => [
      ...(v.get() === undefined ? [] : [v.get()!.bytes]),
      ...l.get().flat(),
      ...[m.get('k'), n.get('k')?.bytes].filter(bytes => bytes !== undefined),
      ...m.values(),
      ...m.entries().map(([, bytes]) => bytes),
      ...n.values().map(({ bytes }) => bytes),
      a.get(),
    ]
    focus(table.addSlot())
    all()[0]![0] = 9 // the initial accumulator
    v.set({ bytes: Uint8Array.of(1) })
    l.add([Uint8Array.of(1)])
    m.set('k', Uint8Array.of(1))
    n.set('k', { bytes: Uint8Array.of(1) })
    expect(a.get()).to.deep.equal(Uint8Array.of(0))
    a.add(Uint8Array.of(1))
    expect(all()).to.have.length(8)
    for (const bytes of all()) bytes[0] = 9
    expect(all()).to.deep.equal(Array.from({ length: 8 }, () => Uint8Array.of(1)))
  })
})
