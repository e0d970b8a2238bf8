/**
 * Small Parquet files from rows that come one at a time: kept bad rows, fixtures. The only importer of parquetjs-lite,
 * which takes about 15 µs a row and column; batch-writer.ts is for everything large.
 */
import type { LiteField, LiteOutput } from 'parquetjs-lite'
import { badData, invalid } from '../../errors.ts'
import type { AnyRecord, Field } from '../../record/record.ts'
import { isOptional, required, typeName } from '../../record/type.ts'
import type { RequiredSpec, TypeSpec } from '../../record/type.ts'
import { checkValue, shown } from '../../record/value.ts'
import { publishFile } from './publish-file.ts'

/**
 * Writes a file with those columns, a row a record, compressed with Snappy; timestamps are instants (UTC).
 * Errors: `conflict` `file-exists`, `unavailable` `write-failed`; `data` `wrong-type` for a value that is none of its
 * field's type, `unwritable-value` for what the writer can't express: NaN, −0, int64 beyond 2^53, µs before 1970;
 * `invalid` `unwritable-type` for timestamp(ns), decimals and nested types.
 */
export async function writeRows(
  path: string,
  fields: readonly Field[],
  rows: Iterable<AnyRecord>,
): Promise<void> {
  await publishFile(path, await encodeRows(path, fields, rows))
}

/** The bytes of such a file; `path` names it in errors. */
export async function encodeRows(
  path: string,
  fields: readonly Field[],
  rows: Iterable<AnyRecord>,
): Promise<Uint8Array> {
  const { default: lite } = await import('parquetjs-lite')
  const schema = new lite.ParquetSchema(
    Object.fromEntries(fields.map(field => [field.name, liteField(path, field)])),
  )
  const chunks: Uint8Array[] = []
  const writer = await lite.ParquetWriter.openStream(schema, collector(chunks))
  let row = 0
  for (const record of rows) await writer.appendRow(liteRow(record, fields, `${path}: row ${row++}`))
  await writer.close()
  return Buffer.concat(chunks)
}

function collector(chunks: Uint8Array[]): LiteOutput {
  return {
    write: (bytes, done) => {
      chunks.push(bytes)
      done()
    },
    end: done => done(),
  }
}

function liteField(path: string, { name, type }: Field): LiteField {
  const lite = liteType(type)
  if (lite !== null)
    return { type: lite, optional: isOptional(type), compression: 'SNAPPY', statistics: false }
  const isTime = required(type).kind === 'timestamp'
  const remedy = isTime ? "declare timestamp('us')" : 'leave it out: these files hold flat columns only'
  throw invalid({
    code: 'unwritable-type',
    thing: `${path}: column '${name}'`,
    found: typeName(type),
    remedy,
  })
}

function liteType(type: TypeSpec): string | null {
  const spec = required(type)
  switch (spec.kind) {
    case 'bool':
      return 'BOOLEAN'
    case 'int8':
      return 'INT_8'
    case 'int16':
      return 'INT_16'
    case 'int32':
      return 'INT32'
    case 'int64':
    case 'safeInt64':
      return 'INT64'
    case 'float32':
      return 'FLOAT'
    case 'float64':
      return 'DOUBLE'
    case 'string':
    case 'enum':
      return 'UTF8'
    case 'bytes':
      return 'BYTE_ARRAY'
    case 'date':
      return 'DATE'
    case 'timestamp':
      return { ms: 'TIMESTAMP_MILLIS', us: 'TIMESTAMP_MICROS', ns: null }[spec.unit]
    case 'decimal':
    case 'struct':
    case 'list':
    case 'map':
      return null
  }
}

function liteRow(record: AnyRecord, fields: readonly Field[], row: string): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const { name, type } of fields) {
    const thing = `${row}: column '${name}'`
    const value = record[name] ?? null
    checkValue(type, value, thing)
    if (value !== null) out[name] = liteValue(value, type, thing)
  }
  return out
}

const dayMs = 86_400_000

/** The value in the writer's own form. It refuses whole numbers below zero as dates and times, but not Dates there. */
function liteValue(value: unknown, type: TypeSpec, thing: string): unknown {
  const spec = required(type)
  if (spec.kind === 'date') return new Date((value as number) * dayMs)
  if (spec.kind === 'timestamp' && spec.unit === 'ms') return new Date(value as number)
  if (isHeldExactly(value, spec)) return value
  throw badData({
    code: 'unwritable-value',
    thing,
    expected: `${typeName(type)} that row-wise files hold exactly`,
    found: Object.is(value, -0) ? 'number -0' : shown(value),
  })
}

/** The writer refuses NaN, takes numbers through their text, which has no −0, and 64-bit integers through doubles. */
function isHeldExactly(value: unknown, { kind }: RequiredSpec): boolean {
  switch (kind) {
    case 'float32':
    case 'float64':
      return !Number.isNaN(value) && !Object.is(value, -0)
    case 'int64':
      return Number.isSafeInteger(Number(value))
    case 'timestamp':
      return (value as number) >= 0
    default:
      return true
  }
}
