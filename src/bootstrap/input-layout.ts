/**
 * What of an input's records travels to the fold as columns, and what is known there anyway: a single key field is the
 * key itself, decoded once a key instead of once a record; the event-time field is the row's time.
 */
import { keyCodec, type KeyCodec } from '../record/key.ts'
import { fieldsOf, type Field } from '../record/record.ts'
import { required, sameType } from '../record/type.ts'
import type { JobTimeUnit } from '../record/event-time.ts'
import type { Stage, StageInput } from '../job/graph.ts'
import type { Source } from '../source/source.ts'

/** One input of a stage, as the fold sees it. */
export interface InputLayout {
  readonly codec: KeyCodec
  /** All fields of its records, in order. */
  readonly fields: readonly Field[]
  /** The fields that travel as columns. */
  readonly carried: readonly Field[]
  /** The field that is the key; null when the key is a tuple or computed. */
  readonly keyField: string | null
  /** The field that is the row's event time. */
  readonly timeField: string | null
}

/** The layout of an input; `source` is null for emissions of an earlier stage. */
export function inputLayout(
  stage: Stage,
  input: StageInput,
  source: Source | null,
  unit: JobTimeUnit,
): InputLayout {
  const fields = fieldsOf(input.schema)
  const keyField = soleKeyField(stage, input)
  const timeField = source && carriedTimeField(source, input, unit)
  const carried = fields.filter(field => field.name !== keyField && field.name !== timeField)
  return { codec: keyCodec(stage.key), fields, carried, keyField, timeField }
}

function soleKeyField(stage: Stage, { key, schema }: StageInput): string | null {
  if (key.kind !== 'fields' || key.names.length !== 1) return null
  const name = key.names[0] as string
  const [field] = stage.key.fields
  const type = schema[name]?.spec
  return field && type && sameType(required(type), field.type) ? name : null
}

/** The event-time field, where records keep the source's schema and the time is a plain number in the job's unit. */
function carriedTimeField(source: Source, input: StageInput, unit: JobTimeUnit): string | null {
  const type = source.eventTime === null ? undefined : source.schema[source.eventTime]?.spec
  const untouched = input.transforms.every(transform => transform.kind === 'filter')
  const plain = type?.kind === 'timestamp' && type.unit === unit
  return untouched && plain ? source.eventTime : null
}
