/** `source(name, options)`: the declaration of a source, checked once, here. */
import { invalid } from '../errors.ts'
import { checkedName } from '../record/name.ts'
import { refuseUnknownOptions } from '../record/options.ts'
import { fieldNamed, fieldsOf, type Schema } from '../record/record.ts'
import { checkedSchema } from '../record/schema-check.ts'
import { required, typeName } from '../record/type.ts'
import { shown } from '../record/value.ts'
import { isPartitioner, type Partitioner } from '../codec/partitioner.ts'
import type { BadRecords, Source, SourceOptions } from './source.ts'

const policies: readonly BadRecords[] = ['stop', 'skip', 'keep']
const optionNames: readonly (keyof SourceOptions<Schema>)[] = [
  'schema',
  'eventTime',
  'outOfOrdernessMs',
  'partitionedByKey',
  'partitioner',
  'maxAheadMs',
  'maxEventTimeMs',
  'handoffLatenessMs',
  'recordId',
  'badRecords',
]

/**
 * Declares a source: `source('purchases', { schema: { customer: t.string(), at: t.timestamp('ms') }, eventTime: 'at' })`.
 * Errors: `invalid` with code `bad-name`, `bad-schema`, `unknown-field`, `bad-event-time`, `bad-record-id`, `bad-option` or `unknown-option`.
 */
export function source<N extends string, S extends Schema>(name: N, options: SourceOptions<S>): Source<N, S> {
  checkedName(name, 'source')
  const thing = `source ${name}`
  refuseUnknownOptions(options, optionNames, thing)
  const schema = checkedSchema(options.schema, `${thing}: schema`)
  return Object.freeze<Source<N, S>>({
    name,
    schema,
    eventTime: checkedEventTime(schema, options.eventTime, thing),
    outOfOrdernessMs: duration(options.outOfOrdernessMs ?? 0, `${thing}: outOfOrdernessMs`),
    partitionedByKey: flag(options.partitionedByKey ?? false, `${thing}: partitionedByKey`),
    partitioner: partitioner(options.partitioner ?? 'murmur2', `${thing}: partitioner`),
    maxAheadMs: optionalDuration(options.maxAheadMs, `${thing}: maxAheadMs`),
    maxEventTimeMs: optionalInstant(options.maxEventTimeMs, `${thing}: maxEventTimeMs`),
    handoffLatenessMs: duration(options.handoffLatenessMs ?? 0, `${thing}: handoffLatenessMs`),
    recordId: checkedRecordId(schema, options, thing),
    badRecords: policy(options.badRecords ?? 'stop', `${thing}: badRecords`),
  })
}

function checkedEventTime(schema: Schema, name: string | undefined, thing: string): string | null {
  if (name === undefined) return null
  const { type } = fieldNamed(fieldsOf(schema), name, `${thing}: eventTime`)
  const { kind } = required(type)
  if (kind === 'timestamp' || kind === 'date') return name
  const expected = 'a timestamp or a date'
  throw invalid({
    code: 'bad-event-time',
    thing: `${thing}: field '${name}'`,
    expected,
    found: typeName(type),
  })
}

/** Ids are looked up by event time: of a record without one nobody could say whether its id is known. */
function checkedRecordId<S extends Schema>(
  schema: S,
  options: SourceOptions<S>,
  thing: string,
): string | null {
  const { recordId: name, eventTime } = options
  if (name === undefined) return null
  const field = fieldNamed(fieldsOf(schema), name, `${thing}: recordId`)
  const { kind } = field.type
  const isKey = kind === 'timestamp' || wholeOrText.has(kind)
  const found = eventTime === undefined ? 'a source without eventTime' : typeName(field.type)
  if (isKey && eventTime !== undefined) return name
  throw invalid({
    code: 'bad-record-id',
    thing: `${thing}: recordId '${name}'`,
    expected:
      'a text, whole number, bool, date or timestamp that is never null, in a source with an event time',
    found,
  })
}

const wholeOrText: ReadonlySet<string> = new Set([
  'string',
  'enum',
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'safeInt64',
  'date',
])

function duration(ms: number, thing: string): number {
  if (Number.isSafeInteger(ms) && ms >= 0) return ms
  throw badOption(thing, 'whole milliseconds, 0 or more', ms)
}

function optionalDuration(ms: number | undefined, thing: string): number | null {
  return ms === undefined ? null : duration(ms, thing)
}

function optionalInstant(ms: number | undefined, thing: string): number | null {
  if (ms === undefined) return null
  if (Number.isSafeInteger(ms)) return ms
  throw badOption(thing, 'whole milliseconds since the epoch', ms)
}

function partitioner(value: unknown, thing: string): Partitioner {
  if (isPartitioner(value)) return value
  throw badOption(thing, "'murmur2', 'crc32' or a function of key and partitions", value)
}

function flag(value: boolean, thing: string): boolean {
  if (typeof value === 'boolean') return value
  throw badOption(thing, 'true or false', value)
}

function policy(value: BadRecords, thing: string): BadRecords {
  if (policies.includes(value)) return value
  throw badOption(thing, policies.map(name => `'${name}'`).join(', '), value)
}

function badOption(thing: string, expected: string, found: unknown): Error {
  return invalid({ code: 'bad-option', thing, expected, found: shown(found) })
}
