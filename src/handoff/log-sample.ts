/**
 * A look at the records that a run would read first: whether they are records of the schema that the history was read with. Found
 * at `plan`, before anything runs; the plan gets a refusal for each field that is missing or of another type.
 */
import { valueFromJson } from '../codec/json.ts'
import { HeadwaterError } from '../errors.ts'
import type { JobGraph } from '../job/graph.ts'
import { fieldsOf, type Field } from '../record/record.ts'
import { typeName } from '../record/type.ts'
import { shown } from '../record/value.ts'
import type { Log, LogRecord } from '../source/log.ts'
import type { Source } from '../source/source.ts'
import { Undecodable } from '../source/undecodable.ts'
import type { HandoffPlan, Refusal, SourcePlan } from './handoff.ts'

/** A field that some of the records don't have, or have as another type. */
export interface FieldMismatch {
  readonly partition: number
  /** Null for a value that is no object. */
  readonly field: string | null
  readonly expected: string
  /** In the first such record. */
  readonly found: string
  /** The first such record. */
  readonly offset: number
  /** How many there are among the partition's sampled records. */
  readonly records: number
  readonly sampled: number
}

/** What was seen of one source's log. */
export interface LogSample {
  readonly source: string
  /** Records looked at, in all partitions. */
  readonly sampled: number
  readonly mismatches: readonly FieldMismatch[]
  /** Optional fields that no record has: renamed, perhaps. Empty where nothing was sampled. */
  readonly absent: readonly string[]
}

/** How many records of each partition are looked at. */
export const defaultSample = 100

/**
 * Reads the first records of each partition from the plan's positions; a partition with none left is not waited for. Errors:
 * those of reading.
 */
export async function sampleLogs(
  graph: JobGraph,
  plan: HandoffPlan,
  logs: ReadonlyMap<string, Pick<Log, 'read'>>,
  records: number = defaultSample,
): Promise<readonly LogSample[]> {
  const samples: LogSample[] = []
  for (const source of graph.sources) {
    const planned = plan.sources.find(each => each.source === source.name)
    const log = logs.get(source.name)
    if (planned && log) samples.push(await sampleLog(source, planned, log, records))
  }
  return samples
}

/** The plan with what the samples speak against it; bad records that the source leaves out are no reason to refuse. */
export function withSamples(plan: HandoffPlan, graph: JobGraph, samples: readonly LogSample[]): HandoffPlan {
  const refusals = samples.flatMap(({ source, mismatches }) => {
    const { badRecords } = graph.sources.find(({ name }) => name === source) as Source
    return badRecords === 'stop' ? mismatches.map(mismatch => refusalOf(source, mismatch)) : []
  })
  return { ...plan, samples, refusals: [...plan.refusals, ...refusals], ok: plan.ok && refusals.length === 0 }
}

function refusalOf(source: string, mismatch: FieldMismatch): Refusal {
  const { partition, field, expected, found, offset, records, sampled } = mismatch
  return {
    code: 'schema-mismatch',
    thing: `source ${source} partition ${partition}: ${field === null ? 'value' : `field '${field}'`}`,
    expected,
    found: `${found} at offset ${offset}, in ${records} of ${sampled} records`,
    remedy:
      "declare the field as log and history have it, or say badRecords: 'skip' or 'keep' for the source where such records may be left out",
  }
}

async function sampleLog(
  source: Source,
  { partitions }: SourcePlan,
  log: Pick<Log, 'read'>,
  records: number,
): Promise<LogSample> {
  const fields = fieldsOf(source.schema)
  const present = new Set<string>()
  const mismatches: FieldMismatch[] = []
  let sampled = 0
  for (const { partition, next, latest, earliest } of partitions) {
    if (next === null || latest === null || earliest === null || next < earliest || next >= latest) continue
    const range = { partition, from: next, until: Math.min(latest, next + records) }
    const read = await readRange(log, range)
    sampled += read.length
    for (const { value } of read) for (const name of Object.keys(value ?? {})) present.add(name)
    mismatches.push(...mismatchesOf(fields, partition, read))
  }
  const absent =
    sampled === 0 ? [] : fields.filter(({ name, type }) => isOptionalField(type) && !present.has(name))
  return { source: source.name, sampled, mismatches, absent: absent.map(({ name }) => name) }
}

function isOptionalField(type: Field['type']): boolean {
  return type.kind === 'optional'
}

async function readRange(
  log: Pick<Log, 'read'>,
  { partition, from, until }: { readonly partition: number; readonly from: number; readonly until: number },
): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  const range = { from: new Map([[partition, from]]), until: new Map([[partition, until]]) }
  for await (const batch of log.read(range)) records.push(...batch.records)
  return records
}

/** One for each field that is wrong in some record. */
function mismatchesOf(
  fields: readonly Field[],
  partition: number,
  records: readonly LogRecord[],
): readonly FieldMismatch[] {
  const found = new Map<string | null, FieldMismatch>()
  for (const { offset, value } of records) {
    for (const wrong of wrongFields(fields, value)) {
      const before = found.get(wrong.field)
      if (before) found.set(wrong.field, { ...before, records: before.records + 1 })
      else found.set(wrong.field, { ...wrong, partition, offset, records: 1, sampled: records.length })
    }
  }
  return [...found.values()]
}

type Wrong = Pick<FieldMismatch, 'field' | 'expected' | 'found'>

function wrongFields(fields: readonly Field[], value: unknown): readonly Wrong[] {
  if (value instanceof Undecodable) {
    const { expected = 'a value that can be decoded', found = 'bytes', code } = value.error
    return [{ field: null, expected, found: `${found} (${code})` }]
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [
      { field: null, expected: 'an object', found: value === null ? 'null, a tombstone' : shown(value) },
    ]
  return fields.flatMap(({ name, type }) => {
    const json = Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined
    try {
      valueFromJson(type, json, name)
      return []
    } catch (error) {
      if (!(error instanceof HeadwaterError) || error.kind !== 'data') throw error
      const found = json === undefined ? 'no such field' : (error.found ?? shown(json))
      return [{ field: name, expected: typeName(type), found }]
    }
  })
}
