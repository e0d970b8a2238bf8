/** From what manifests keep of a source's growths to the clocks of its keys. */
import { partitionerFunction } from '../codec/partitioner.ts'
import type { EventTime } from '../record/event-time.ts'
import { GrownClock } from '../record/grown-clock.ts'
import type { SourceTimes } from '../record/stage-clock.ts'
import type { SourceGrowth } from '../savepoint/handoff-facts.ts'
import type { Source } from '../source/source.ts'

/** The clocks of a source's keys, after its growths; `count`: its partitions now. */
export function grownClock(
  { partitioner }: Source,
  times: SourceTimes,
  growths: readonly SourceGrowth[],
  count: number,
): GrownClock {
  const former = growths.map(growth => ({ count: growth.count, maxima: maximaOf(growth) }))
  return new GrownClock(times, partitionerFunction(partitioner), count, former)
}

function maximaOf({ partitions }: SourceGrowth): ReadonlyMap<number, EventTime> {
  return new Map(
    partitions.flatMap(({ partition, runningMax }) => (runningMax === null ? [] : [[partition, runningMax]])),
  )
}
