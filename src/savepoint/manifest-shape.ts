/** The shape of a manifest, as tables. What holds between members is in manifest-rules.ts. */
import type { KeySchema } from '../record/key.ts'
import type { Field } from '../record/record.ts'
import { isDecimal, isFieldName, isMapKey, maxNesting, nestingOf } from '../record/type-check.ts'
import type { NestedSpec, RequiredSpec, StructField, TypeSpec } from '../record/type.ts'
import type { SinkState } from '../sink/sink.ts'
import type { FileCoverage, PinnedFile } from '../source/history.ts'
import { maxJsonDepth, type Json } from './canonical-json.ts'
import { acceptedShape, liveShape, overlapShape, phasesShape } from './handoff-facts-shape.ts'
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
  plainObject,
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
  type EntryCount,
  type Layer,
  type Manifest,
  type ManifestOperator,
  type ManifestPartition,
  type ManifestSource,
  type ManifestState,
  type OperatorCounts,
  type ParentSavepoint,
  type PartitionHistory,
  type PinnedHistory,
  type SegmentInfo,
  type SourceCounts,
  type StageClock,
} from './manifest.ts'

/** Key groups are stored in 16 bits. */
export const maxKeyGroups = 65536

const digest: Shape<string> = matching(/^[0-9a-f]{64}$/, 'a sha-256 in hexadecimal')
const attemptId: Shape<string> = matching(/^[0-9a-f]{32}$/, '32 hexadecimal digits')
const crc: Shape<number> = whole(0, 0xffffffff)
const eventTime: Shape<number | null> = nullable(finite)

/** No separator, no leading dot: such a name can't lead out of the folder. */
const segmentName: Shape<string> = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,190}$/, 'a plain file name')

const plainType: Shape<RequiredSpec> = record<{ kind: RequiredSpec['kind'] }>({
  kind: oneOf(
    'bool',
    'int8',
    'int16',
    'int32',
    'int64',
    'safeInt64',
    'float32',
    'float64',
    'string',
    'bytes',
    'date',
  ),
}) as Shape<RequiredSpec>

const parametricTypes: Readonly<Record<string, Shape<TypeSpec>>> = {
  decimal: (value, at) => {
    const type = record<DecimalSpec>({ kind: oneOf('decimal'), precision: count, scale: count })(value, at)
    if (isDecimal(type.precision, type.scale)) return type
    throw new ShapeMismatch(at, 'a decimal of 1 to 38 digits', `${type.precision}, ${type.scale}`)
  },
  list: (value, at) => nested({ kind: oneOf('list'), of: anyType })(value, at),
  struct: (value, at) => nested({ kind: oneOf('struct'), fields: structFields })(value, at),
  map: (value, at) => nested({ kind: oneOf('map'), key: mapKeyType, value: anyType })(value, at),
  timestamp: record({ kind: oneOf('timestamp'), unit: oneOf('ms', 'us', 'ns') }),
  enum: record({ kind: oneOf('enum'), values: enumValues }),
  optional: (value, at) => record({ kind: oneOf('optional'), of: requiredType })(value, at),
}

/** A type as plain data. */
export const typeShape: Shape<TypeSpec> = (value, at) => {
  const { kind } = plainObject(value, at)
  const shape =
    typeof kind === 'string' && Object.hasOwn(parametricTypes, kind) ? parametricTypes[kind] : plainType
  return (shape as Shape<TypeSpec>)(value, at)
}

type DecimalSpec = Extract<TypeSpec, { kind: 'decimal' }>

const anyType: Shape<TypeSpec> = (value, at) => typeShape(value, at)

function nested<T extends NestedSpec>(members: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const shape = record<T>(members)
  return (value, at) => {
    const type = shape(value, at)
    if (nestingOf(type) <= maxNesting) return type
    throw new ShapeMismatch(at, `a type of at most ${maxNesting} levels`, 'more')
  }
}

function structFields(value: unknown, at: string): readonly StructField[] {
  const fields = listOf(record<StructField>({ name: fieldName, type: anyType }))(value, at)
  const isDistinct = new Set(fields.map(field => field.name)).size === fields.length
  if (fields.length > 0 && isDistinct) return fields
  throw new ShapeMismatch(at, 'fields of distinct names, at least one', value)
}

function fieldName(value: unknown, at: string): string {
  const found = name(value, at)
  if (isFieldName(found)) return found
  throw new ShapeMismatch(at, 'a field name', value)
}

function mapKeyType(value: unknown, at: string): RequiredSpec {
  const type = typeShape(value, at)
  if (isMapKey(type)) return type
  throw new ShapeMismatch(at, 'a type that keys may have', value)
}

function requiredType(value: unknown, at: string): RequiredSpec {
  const type = typeShape(value, at)
  if (type.kind === 'optional') throw new ShapeMismatch(at, 'a type that is not optional itself', value)
  return type
}

function enumValues(value: unknown, at: string): readonly string[] {
  const values = listOf(text)(value, at)
  if (values.length > 0 && new Set(values).size === values.length) return values
  throw new ShapeMismatch(at, 'distinct texts, at least one', value)
}

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

const source: Shape<ManifestSource> = withOptional(
  record<Omit<ManifestSource, 'overlap'>>({
    name,
    order: oneOf('schedule', 'event-time', 'none'),
    cut: oneOf('offsets', 'given', 'time', 'none'),
    log: nullable(record({ id: name, name: text })),
    runningMax: eventTime,
    partitions: listOf(partition),
  }),
  'overlap',
  overlapShape,
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

type Optional = 'audit' | 'answers' | 'accepted'

const requiredMembers: Shape<Omit<Manifest, Optional>> = record<Omit<Manifest, Optional>>({
  formatVersion: oneOf(formatVersion),
  kind: oneOf('savepoint', 'checkpoint', 'start'),
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

/** A whole manifest of this version. */
export const manifestShape: Shape<Manifest> = withOptional(
  withOptional(withOptional(requiredMembers, 'audit', listOf(auditEntry)), 'accepted', acceptedShape),
  'answers',
  listOf(attemptId),
)

/** Refuses what is nested too deep to be walked; to be called before any other shape. */
export function checkDepth(value: unknown, at: string = '$', depth: number = 0): void {
  if (depth > maxJsonDepth) throw new ShapeMismatch('$', `at most ${maxJsonDepth} levels`, 'more')
  if (typeof value !== 'object' || value === null) return
  for (const item of Object.values(value)) checkDepth(item, at, depth + 1)
}
