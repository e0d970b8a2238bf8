/** The shape of a manifest, as tables. What holds between members is in manifest-rules.ts. */
import type { KeySchema } from '../record/key.ts'
import type { Field } from '../record/record.ts'
import type { SinkState } from '../sink/sink.ts'
import type { FileCoverage, PinnedFile } from '../source/history.ts'
import { maxJsonDepth, type Json } from './canonical-json.ts'
import { acceptedShape, growthsShape, liveShape, overlapShape, phasesShape } from './handoff-facts-shape.ts'
import {
  count,
  finite,
  listOf,
  mapOf,
  matching,
  name,
  nullable,
  oneOf,
  pairOf,
  record,
  ShapeMismatch,
  text,
  whole,
  withOptional,
  type Shape,
} from './json-shape.ts'
import {
  formatVersion,
  type AuditedState,
  type AuditEntry,
  type ChainTask,
  type EntryCount,
  type GenerationTasks,
  type Layer,
  type Manifest,
  type ManifestOperator,
  type ManifestPartition,
  type ManifestSource,
  type ManifestState,
  type ManifestTransactions,
  type OperatorCounts,
  type ParentSavepoint,
  type PartitionHistory,
  type PinnedHistory,
  type SegmentInfo,
  type SourceCounts,
  type StageClock,
} from './manifest.ts'
import { typeShape } from './type-shape.ts'

/** Their numbers stand in names of five digits. */
export const maxTasks = 100_000

/** Key groups are stored in 16 bits. */
export const maxKeyGroups = 65536

const digest: Shape<string> = matching(/^[0-9a-f]{64}$/, 'a sha-256 in hexadecimal')
const attemptId: Shape<string> = matching(/^[0-9a-f]{32}$/, '32 hexadecimal digits')
const crc: Shape<number> = whole(0, 0xffffffff)
const eventTime: Shape<number | null> = nullable(finite)

/** No separator, no leading dot: such a name can't lead out of the folder. */
const segmentName: Shape<string> = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,190}$/, 'a plain file name')

function json(value: unknown, at: string): Json {
  if (value === undefined) throw new ShapeMismatch(at, 'any JSON', value)
  return value as Json
}

const segment: Shape<SegmentInfo> = record<SegmentInfo>({
  name: segmentName,
  groups: pairOf(whole(0, maxKeyGroups)),
  rows: whole(1, Number.MAX_SAFE_INTEGER),
  tombstones: count,
  blocks: whole(1, Number.MAX_SAFE_INTEGER),
  bytes: count,
  crc32: crc,
  index: record({ bytes: count, crc32: crc }),
})

const layer: Shape<Layer> = record<Layer>({ segments: listOf(segment) })

const state: Shape<ManifestState> = record<ManifestState>({
  name,
  kind: oneOf('value', 'list', 'reducing', 'map', 'aggregating'),
  type: typeShape,
  layers: listOf(layer),
})

const key: Shape<KeySchema> = record<KeySchema>({ fields: listOf(record<Field>({ name, type: typeShape })) })

const operator: Shape<ManifestOperator> = record<ManifestOperator>({ uid: name, key, states: listOf(state) })

const partitionHistory: Shape<PartitionHistory> = record<PartitionHistory>({
  first: nullable(count),
  last: nullable(count),
  rows: count,
  duplicates: count,
  holes: listOf(pairOf(count)),
})

const partition: Shape<ManifestPartition> = withOptional(
  record<Omit<ManifestPartition, 'live'>>({
    partition: whole(0, 0x7fffffff),
    next: nullable(count),
    runningMax: eventTime,
    history: nullable(partitionHistory),
  }),
  'live',
  liveShape,
)

const plainSource: Shape<Omit<ManifestSource, 'overlap' | 'growths'>> = withOptional(
  record<Omit<ManifestSource, 'overlap' | 'positionsFrom' | 'growths'>>({
    name,
    order: oneOf('schedule', 'event-time', 'none'),
    cut: oneOf('offsets', 'given', 'time', 'none'),
    log: nullable(record({ id: name, name: text })),
    runningMax: eventTime,
    partitions: listOf(partition),
  }),
  'positionsFrom',
  name,
)

const source: Shape<ManifestSource> = withOptional(
  withOptional(plainSource, 'overlap', overlapShape),
  'growths',
  growthsShape,
)

const sourceCounts: Shape<SourceCounts> = withOptional(
  record<Omit<SourceCounts, 'phases'>>({
    name,
    rows: count,
    duplicates: count,
    late: count,
    bad: count,
    pastCut: count,
  }),
  'phases',
  phasesShape,
)

const coverage: Shape<FileCoverage> = withOptional(
  record<Omit<FileCoverage, 'start'>>({ logId: name, partition: count, first: count, next: count }),
  'start',
  count,
)

const pinnedFile: Shape<PinnedFile> = record<PinnedFile>({
  path: text,
  bytes: count,
  modifiedMs: finite,
  footerHash: digest,
  rows: count,
  coverage: nullable(coverage),
})

const sinkState: Shape<SinkState> = nullable(
  mapOf<string | number>((value, at) => (typeof value === 'string' ? text(value, at) : finite(value, at))),
)

const entryCount: Shape<EntryCount> = record<EntryCount>({ keys: count, entries: count })

const auditEntry: Shape<AuditEntry> = record<AuditEntry>({
  attempt: attemptId,
  command: name,
  arguments: listOf(text),
  user: text,
  host: text,
  atMs: finite,
  parents: listOf(digest),
  states: listOf(
    record<AuditedState>({
      uid: name,
      state: name,
      before: nullable(entryCount),
      after: nullable(entryCount),
    }),
  ),
})

type Optional = 'audit' | 'answers' | 'accepted' | 'tasks' | 'task' | 'transactions' | 'emitting'

const requiredMembers: Shape<Omit<Manifest, Optional>> = record<Omit<Manifest, Optional>>({
  formatVersion: oneOf(formatVersion),
  kind: oneOf('savepoint', 'checkpoint', 'start', 'seal'),
  number: count,
  attempt: attemptId,
  createdMs: finite,
  job: record({ name, graph: json, graphDigest: digest }),
  keyGroups: whole(1, maxKeyGroups),
  timeUnit: oneOf('ms', 'us'),
  operators: listOf(operator),
  sources: listOf(source),
  clocks: listOf(record<StageClock>({ stage: name, clock: eventTime })),
  counts: record({
    sources: listOf(sourceCounts),
    operators: listOf(record<OperatorCounts>({ uid: name, keys: nullable(count) })),
  }),
  history: listOf(record<PinnedHistory>({ source: name, files: listOf(pinnedFile) })),
  parents: listOf(
    record<ParentSavepoint>({ path: text, manifestDigest: digest, stateDigest: nullable(digest) }),
  ),
  plan: json,
  sinks: mapOf(sinkState),
  timers: listOf((value, at): never => {
    throw new ShapeMismatch(at, 'nothing: this version knows no timers', value)
  }),
  stateDigest: nullable(digest),
  manifestDigest: digest,
})

const generationTasks: Shape<GenerationTasks> = record<GenerationTasks>({
  count: whole(2, maxTasks),
  partitioners: mapOf(text),
  sealed: listOf(digest),
})

const chainTask: Shape<ChainTask> = record<ChainTask>({
  generation: whole(1, Number.MAX_SAFE_INTEGER),
  index: whole(0, maxTasks - 1),
  count: whole(2, maxTasks),
})

const repairedShape = withOptional(requiredMembers, 'audit', listOf(auditEntry))
const answeringShape = withOptional(
  withOptional(repairedShape, 'accepted', acceptedShape),
  'answers',
  listOf(attemptId),
)

const sharedShape = withOptional(withOptional(answeringShape, 'tasks', generationTasks), 'task', chainTask)

const transactions: Shape<ManifestTransactions> = record<ManifestTransactions>({
  lineage: attemptId,
  cluster: name,
  topic: name,
  topicId: name,
})

/** A whole manifest of this version. */
export const manifestShape: Shape<Manifest> = withOptional(
  withOptional(sharedShape, 'transactions', transactions),
  'emitting',
  mapOf(text),
)

/** Refuses what is nested too deep to be walked; to be called before any other shape. */
export function checkDepth(value: unknown, at: string = '$', depth: number = 0): void {
  if (depth > maxJsonDepth) throw new ShapeMismatch('$', `at most ${maxJsonDepth} levels`, 'more')
  if (typeof value !== 'object' || value === null) return
  for (const item of Object.values(value)) checkDepth(item, at, depth + 1)
}
