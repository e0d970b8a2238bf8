/**
 * Pipelines for the law: each kind of state, several operators, several stages, several sources, and operators whose
 * results depend on order and on clocks. What they emit names its cause and its key. They are brought together to two
 * jobs, so that one pair of runs tries all of them.
 */
import { job } from '../../src/job/builder.ts'
import type { Job, JobStart } from '../../src/job/job.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { aggregating, list, map, reducing, value } from '../../src/state/state.ts'
import type { Source } from '../../src/source/source.ts'

export const schema = {
  id: t.string(),
  key: t.string(),
  other: t.string(),
  n: t.int32(),
  at: t.timestamp('ms'),
}
const options = { schema, eventTime: 'at', outOfOrdernessMs: 2 } as const
const emits = { cause: t.string(), of: t.string(), text: t.string() }

type Events = Source<'a', typeof schema>

const others = source('b', { ...options, outOfOrdernessMs: 5 })

/** Running total, with the order of additions visible in the last bits. */
export const total = (begin: JobStart, events: Events) =>
  begin
    .from(events)
    .keyBy('key')
    .apply('total', {
      state: { total: value(t.float64(), 0) },
      emits,
      onRecord({ id, n }, state, out) {
        state.total.set(state.total.get() * 1.1 + n)
        out.emit({ cause: id, of: out.key, text: String(state.total.get()) })
      },
    })
    .to('total')

/** Lists that grow, are replaced, and are cleared. */
export const history = (begin: JobStart, events: Events) =>
  begin
    .from(events)
    .keyBy('key')
    .apply('list', {
      state: { ids: list(t.string()), cleared: value(t.int32()) },
      onRecord({ id, n }, { ids, cleared }, out) {
        if (n === 0) {
          ids.clear()
          cleared.set((cleared.get() ?? 0) + 1)
        } else if (n === 1) ids.set([...ids.get().slice(-2), id])
        else ids.add(id)
        if (n === 2) cleared.clear()
        out.emit({ cause: id, of: out.key, text: `${ids.get().join(',')} ${cleared.get() ?? '-'}` })
      },
    })
    .to('history')

/** What state gave is emitted as it is, and state goes on changing while the emission waits; so does the record. */
export const raw = (begin: JobStart, events: Events) =>
  begin
    .from(events)
    .keyBy('key')
    .apply('raw', {
      state: { ns: list(t.int32()) },
      onRecord({ id, n }, { ns }, out) {
        const record = { cause: id, of: out.key, ns: ns.get(), n }
        out.emit(record)
        record.n = -1
        if (n === 0) ns.clear()
        else ns.add(n)
        out.emit({ cause: id, of: out.key, ns: ns.get() })
      },
    })
    .to('raw')

/** A reduction that is neither commutative nor without gaps. */
export const reduced = (begin: JobStart, events: Events) =>
  begin
    .from(events)
    .keyBy('key')
    .apply('reduced', {
      state: {
        text: reducing(t.string(), (all, next) => `${all}${next}`),
        largest: reducing(t.int32(), Math.max, 3),
      },
      onRecord({ id, n }, { text, largest }, out) {
        if (n === 0) text.clear()
        else text.add(`(${id})`)
        largest.add(n)
        out.emit({ cause: id, of: out.key, text: `${text.get() ?? '-'} ${largest.get()}` })
      },
    })
    .to('reduced')

/** Maps whose entries come, change and go, one by one and all at once, and an aggregate. */
export const maps = (begin: JobStart, events: Events) =>
  begin
    .from(events)
    .keyBy('key')
    .apply('maps', {
      state: {
        byOther: map(t.string(), t.int32()),
        byNumber: map(t.int32(), t.list(t.optional(t.string()))),
        mean: aggregating({
          accumulator: t.struct({ sum: t.float64(), ids: t.list(t.string()) }),
          initial: { sum: 0, ids: [] },
          add: ({ sum, ids }, event: { readonly id: string; readonly n: number }) => ({
            sum: sum / 3 + event.n,
            ids: [...ids.slice(-2), event.id],
          }),
          result: ({ sum, ids }) => `${sum} of ${ids.join('+')}`,
        }),
      },
      onRecord({ id, other, n }, { byOther, byNumber, mean }, out) {
        if (n === 0 && byOther.size > 1) byOther.clear()
        else if (n === 1) byOther.delete(other)
        byOther.set(`${other}${n % 2}`, (byOther.get(`${other}${n % 2}`) ?? 0) + n)
        if (n === 3) byOther.delete(other + '0')
        if (byNumber.has(n)) byNumber.set(n, [...(byNumber.get(n) ?? []).slice(-1), null, id])
        else byNumber.set(n, [id])
        if (byNumber.size === 4) byNumber.delete(byNumber.keys()[0]!)
        if (n === 4) mean.clear()
        else mean.add({ id, n })
        const text = byOther.entries().map(([key, count]) => `${key}=${count}`)
        out.emit({ cause: id, of: out.key, text: `${text.join()} ${byNumber.keys().join()} ${mean.get()}` })
      },
    })
    .to('maps')

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

/** Two operators on one keyed stream with two fields as key, one sink for both and one for the second alone. */
export const several = (begin: JobStart, events: Events) => {
  const keyed = begin.from(events).keyBy('key', 'other')
  const counted = keyed
    .apply('count', {
      state: { count: value(t.safeInt64(), 0) },
      onRecord({ id }, { count }, out) {
        count.set(count.get() + 1)
        out.emit({ cause: id, of: out.key.join('/'), text: `count ${count.get()}` })
      },
    })
    .to('out')
  return counted
    .apply('last', {
      state: { last: value(t.optional(t.string())) },
      onRecord({ id, n }, { last }, out) {
        out.emit({ cause: id, of: out.key.join('/'), text: `before ${String(last.get())}` })
        last.set(n === 0 ? null : id)
      },
    })
    .to('last')
    .to('more')
}

/** What it emits says which clock its key had, and what was late. */
export const watermarks = (begin: JobStart, events: Events) =>
  begin
    .from(events)
    .keyBy('key')
    .apply('late', {
      state: { late: value(t.int32(), 0), highest: value(t.float64()) },
      onRecord({ id }, { late, highest }, out) {
        if ((out.time as number) <= out.watermark) late.set(late.get() + 1)
        highest.set(out.watermark)
        out.emit({ cause: id, of: out.key, text: `${out.time} ${out.watermark} ${late.get()}` })
      },
    })
    .to('watermarks')

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

/** All pipelines over two sources; keys may be anywhere. */
export const everything: Job = (() => {
  const begin = job('everything', { keyGroups: 4 })
  const events = source('a', options)
  return total(begin, events)
    .and(history(begin, events))
    .and(raw(begin, events))
    .and(reduced(begin, events))
    .and(maps(begin, events))
    .and(nested(begin, events))
    .and(several(begin, events))
    .and(watermarks(begin, events))
    .and(split(begin, events))
    .and(stages(begin, events))
    .and(mixed(begin, events))
    .and(sources(begin, events))
})()

/** Pipelines of one stage, whose source is partitioned by their key. */
export const partitioned: Job = (() => {
  const begin = job('partitioned', { keyGroups: 4 })
  const events = source('a', { ...options, partitionedByKey: true })
  return total(begin, events)
    .and(history(begin, events))
    .and(reduced(begin, events))
    .and(watermarks(begin, events))
})()

/**
 * Records without key, number or time, or with one far ahead, are skipped and counted; some of their times count. Two
 * stages may refuse the same record, and of one that becomes several only those without a key are left out.
 */
export const skipping: Job = (() => {
  const begin = job('skipping', { keyGroups: 4 })
  const events = source('a', {
    schema: { id: t.string(), key: t.optional(t.string()), n: t.int32(), at: t.timestamp('us') },
    eventTime: 'at',
    badRecords: 'skip',
    maxEventTimeMs: 1,
  })
  const sum = begin
    .from(events)
    .keyBy('key')
    .apply('sum', {
      state: { sum: value(t.int64(), 0n) },
      onRecord({ id, n }, { sum }, out) {
        sum.set(sum.get() + BigInt(n))
        out.emit({ cause: id, of: out.key, text: `${sum.get()} ${out.watermark}` })
      },
    })
    .to('out')
  const parts = begin
    .from(events)
    .flatMap({ id: t.string(), part: t.optional(t.string()), zero: t.int32() }, ({ id, key, n }) =>
      (key ?? '').split(',').map(part => ({ id, part: part === '' ? null : part, zero: n * -0 })),
    )
    .keyBy('part')
    .apply('parts', {
      state: { seen: list(t.float64()) },
      onRecord({ id, zero }, { seen }, out) {
        seen.add(1 / zero)
        out.emit({ cause: id, of: out.key, seen: seen.get() })
      },
    })
    .to('parts')
  return sum.and(parts)
})()
