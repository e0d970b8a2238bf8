/** The shapes of handoff-facts.ts. */
import type {
  Accepted,
  CountsByPhase,
  GrownPartition,
  PartitionLive,
  PhaseCounts,
  SourceGrowth,
  SourceOverlap,
} from './handoff-facts.ts'
import {
  count,
  finite,
  listOf,
  name,
  nullable,
  pairOf,
  record,
  text,
  whole,
  type Shape,
} from './json-shape.ts'

export const acceptedShape: Shape<readonly Accepted[]> = listOf(
  record<Accepted>({ code: name, thing: text, found: text, flag: text, atMs: finite }),
)

export const overlapShape: Shape<SourceOverlap> = record<SourceOverlap>({
  recordId: nullable(name),
  idsFrom: nullable(finite),
  cutMs: nullable(finite),
  ends: nullable(listOf(pairOf(count))),
})

const grownPartition: Shape<GrownPartition> = record<GrownPartition>({
  partition: count,
  end: count,
  runningMax: nullable(finite),
})

export const growthsShape: Shape<readonly SourceGrowth[]> = listOf(
  record<SourceGrowth>({ count: whole(1, 0x7fffffff), partitions: listOf(grownPartition) }),
)

export const liveShape: Shape<PartitionLive> = record<PartitionLive>({
  first: count,
  gaps: listOf(pairOf(count)),
})

const phase: Shape<PhaseCounts> = record<PhaseCounts>({ rows: count, duplicates: count, late: count })

export const phasesShape: Shape<CountsByPhase> = record<CountsByPhase>({
  history: phase,
  overlap: phase,
  live: phase,
})
