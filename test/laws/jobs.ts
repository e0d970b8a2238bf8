/**
 * The jobs of the law: pipelines of each kind of state, of several operators, stages and sources, and of operators whose
 * results depend on order and on clocks. They are brought together to two jobs, so that one pair of runs tries all of
 * them.
 */
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { list, value } from '../../src/state/state.ts'
import { options } from './records.ts'
import { history, maps, raw, reduced, several, total, watermarks } from './state-pipelines.ts'
import { mixed, nested, sources, split, stages } from './stage-pipelines.ts'

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
