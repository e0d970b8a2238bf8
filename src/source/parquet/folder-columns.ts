/**
 * Columns that folders carry: `month=2011-10/` gives every file below it a column `month`.
 *
 * Published source: Apache Hive's layout of partitioned tables, which Spark, DuckDB and others write alike.
 */
import { badData } from '../../errors.ts'
import { required, typeName } from '../../record/type.ts'
import type { RequiredSpec, TypeSpec } from '../../record/type.ts'
import { isValueOf } from '../../record/value.ts'

const hiveNull = '__HIVE_DEFAULT_PARTITION__'

/** Name and text of the folders on the path; null for Hive's null. Of equal names the innermost counts. */
export function folderColumns(path: string): Map<string, string | null> {
  const columns = new Map<string, string | null>()
  for (const segment of path.split('/').slice(0, -1)) {
    const equals = segment.indexOf('=')
    if (equals < 1) continue
    const text = segment.slice(equals + 1)
    columns.set(unescaped(segment.slice(0, equals)), text === hiveNull ? null : unescaped(text))
  }
  return columns
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a percent sign that is only itself
  }
}

/** Whether a folder can carry values of the type. */
export function isFolderType({ kind }: RequiredSpec): boolean {
  return kind.startsWith('int') || ['string', 'enum', 'bool', 'date', 'safeInt64'].includes(kind)
}

/** The folder's text as a value of the type. Errors: `data` `folder-value`, naming the file. */
export function folderValue(text: string | null, type: TypeSpec, thing: string): unknown {
  if (text === null) return null
  const spec = required(type)
  const value = valueOf(text, spec)
  if (isValueOf(spec, value)) return value
  const remedy = 'rename the folder, or declare the type that it has'
  throw badData({ code: 'folder-value', thing, expected: typeName(spec), found: `'${text}'`, remedy })
}

/** What the text means; anything that is no value of the type where it means none. */
function valueOf(text: string, spec: RequiredSpec): unknown {
  switch (spec.kind) {
    case 'bool':
      return { true: true, false: false }[text.toLowerCase()]
    case 'date':
      return daysOf(text)
    case 'int64':
      return isWhole(text) ? BigInt(text) : null
    case 'int8':
    case 'int16':
    case 'int32':
    case 'safeInt64':
      return isWhole(text) ? Number(text) : null
    default:
      return text
  }
}

function isWhole(text: string): boolean {
  return /^-?\d+$/.test(text)
}

const dayMs = 86_400_000

function daysOf(text: string): number | null {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  // 31 April parses as 1 May.
  return Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text) ? null : ms / dayMs
}
