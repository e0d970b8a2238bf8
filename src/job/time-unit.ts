/** The unit that a job's event times are counted in, and durations in it. */
import { jobTimeUnit, type JobTimeUnit } from '../record/event-time.ts'
import type { JobGraph } from './graph.ts'

/** `us` where the event time of any source is finer than milliseconds. */
export function timeUnitOf(graph: JobGraph): JobTimeUnit {
  return jobTimeUnit(
    graph.sources.flatMap(({ eventTime, schema }) => {
      const type = eventTime === null ? undefined : schema[eventTime]
      return type ? [type.spec] : []
    }),
  )
}

/** Milliseconds in the job's unit. */
export function fromMs(ms: number, unit: JobTimeUnit): number {
  return unit === 'ms' ? ms : ms * 1000
}
