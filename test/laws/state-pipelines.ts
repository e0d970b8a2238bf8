/** Pipelines of the law over each kind of state. What they emit names its cause and its key. */
import type { JobStart } from '../../src/job/job.ts'
import { t } from '../../src/record/type.ts'
import { aggregating, list, map, reducing, value } from '../../src/state/state.ts'
import { emits, type Events } from './records.ts'

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
