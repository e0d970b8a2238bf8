/** Pipelines of the law whose records pass through several stages, become many, or come from several sources. */
import type { JobStart } from '../../src/job/job.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { list, value } from '../../src/state/state.ts'
import { options, type Events } from './records.ts'

const others = source('b', { ...options, outOfOrdernessMs: 5 })

/** Values, lists and emissions of nested types, through a second stage. */
export const nested = (begin: JobStart, events: Events) =>
  begin
    .from(events)
    .keyBy('key')
    .apply('nested', {
      state: {
        last: value(t.struct({ id: t.string(), price: t.decimal(9, 2), half: t.optional(t.float32()) })),
        seen: list(t.map(t.string(), t.optional(t.int32()))),
      },
      emits: { id: t.string(), other: t.string(), parts: t.list(t.struct({ third: t.float32() })) },
      onRecord({ id, other, n }, { last, seen }, out) {
        const before = last.get()
        last.set({ id, price: `${n}.50`, half: n === 0 ? null : n / 3 })
        seen.add(
          new Map([
            [other, n],
            [before?.price ?? 'none', null],
          ]),
        )
        out.emit({ id, other, parts: [{ third: n / 3 }, { third: before?.half ?? -1 }] })
      },
    })
    .keyBy('other')
    .apply('parts_of', {
      state: { parts: list(t.float64()) },
      onRecord({ id, parts }, state, out) {
        for (const { third } of parts) state.parts.add(third)
        out.emit({ cause: id, of: out.key, text: state.parts.get().join(' ') })
      },
    })
    .to('out')

/** Each record becomes none, one or two before it gets a key. */
export const split = (begin: JobStart, events: Events) =>
  begin
    .from(events)
    .filter(({ n }) => n !== 4)
    .flatMap({ id: t.string(), part: t.string(), half: t.float32() }, ({ id, key, other, n }) =>
      n % 2 === 0
        ? [
            { id, part: key, half: n / 3 },
            { id, part: other, half: n / 3 },
          ]
        : [{ id, part: key, half: n / 3 }],
    )
    .keyBy(t.string(), ({ part }) => part)
    .apply('parts', {
      state: { halves: list(t.float32()) },
      onRecord({ id, half }, { halves }, out) {
        halves.add(half)
        out.emit({ cause: id, of: out.key, text: `${halves.get().join(' ')} ${out.watermark}` })
      },
    })
    .to('out')

/** A second stage behind the first, by another key, which sees clocks and times of the records that caused its own. */
export const stages = (begin: JobStart, events: Events) =>
  begin
    .from(events)
    .keyBy('key')
    .apply('first', {
      state: { count: value(t.int32(), 0) },
      emits: { id: t.string(), other: t.string(), text: t.string(), ratio: t.float32() },
      onRecord({ id, other, n }, { count }, out) {
        count.set(count.get() + 1)
        for (let i = 0; i < n % 3; i++)
          out.emit({ id, other, text: `${out.key}${count.get()}.${i}`, ratio: n / 3 })
      },
    })
    .keyBy('other')
    .apply('second', {
      state: { texts: list(t.string()) },
      emits: { cause: t.string(), of: t.string(), text: t.string(), key: t.string() },
      onRecord({ id, text, ratio }, { texts }, out) {
        texts.add(`${text} ${ratio}`)
        out.emit({
          cause: id,
          of: out.key,
          text: `${texts.get().join(',')} ${out.time} ${out.watermark}`,
          key: text.slice(0, 1),
        })
      },
    })
    .to('out')
    .keyBy('key')
    .apply('third', {
      state: { count: value(t.int32(), 0) },
      onRecord({ cause }, { count }, out) {
        count.set(count.get() + 1)
        out.emit({ cause, of: `third ${out.key}`, text: `${count.get()} ${out.watermark}` })
      },
    })
    .to('out')

/** A stage that takes from the source and from a stage before it, so that rows come by ways of different length. */
export const mixed = (begin: JobStart, events: Events) => {
  const plain = begin
    .from(events)
    .map({ id: t.string(), of: t.string(), n: t.int32() }, ({ id, other, n }) => ({ id, of: other, n }))
  const first = begin
    .from(events)
    .keyBy('key')
    .apply('sum', {
      state: { sum: value(t.int32(), 0) },
      emits: { id: t.string(), of: t.string(), n: t.int32() },
      onRecord({ id, other, n }, { sum }, out) {
        sum.set(sum.get() + n)
        out.emit({ id, of: other, n: sum.get() })
        if (n > 2) out.emit({ id, of: out.key, n })
      },
    })
  return first
    .union(plain)
    .keyBy('of')
    .apply('both', {
      state: { seen: list(t.int32()) },
      onRecord({ id, n }, { seen }, out) {
        seen.add(n)
        out.emit({ cause: id, of: out.key, text: seen.get().join(' ') })
      },
    })
    .to('out')
}

/** Two sources with different lateness into one stage. */
export const sources = (begin: JobStart, events: Events) => {
  return begin
    .from(events)
    .union(begin.from(others).filter(({ n }) => n !== 3))
    .keyBy('key')
    .apply('order', {
      state: { ids: list(t.string()) },
      onRecord({ id }, { ids }, out) {
        ids.add(id)
        out.emit({ cause: id, of: out.key, text: `${ids.get().join(',')} ${out.watermark}` })
      },
    })
    .to('out')
}
