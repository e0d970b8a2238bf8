/** The columns of an archive: those of the values, and beside them where each record was in the log. */
import { badData, conflict, invalid } from '../../errors.ts'
import type { Field } from '../../record/record.ts'
import { typeName, type TypeSpec } from '../../record/type.ts'
import { archivePositionColumns, archiveRawColumn } from '../history.ts'

/** The columns of the values, as every file of an archive carries them in its metadata. */
export interface ArchiveFields {
  readonly fields: readonly Field[]
  /** The names of those that hold the JSON text of their value, whatever it is. */
  readonly jsonText: readonly string[]
  /** Whether a value with a field beyond these is refused; false where somebody chose the fields. */
  readonly closed: boolean
  /** Whether they were found in the values, so that another value shows that they are the wrong ones. */
  readonly found?: boolean
}

/** The key of a file's metadata under which it carries its ArchiveFields. */
export const archiveFieldsKey = 'headwater.archive'

/** The name of the column with the records' keys: text as it is, any other key as JSON text, null without a key. */
export const keyColumn = '_key'

/** The last column of a file with records that its fields can't hold. */
export const rawField: Field = { name: archiveRawColumn, type: { kind: 'optional', of: { kind: 'string' } } }

/** The column with the records' headers, a JSON object; only in files that have a record with one. */
export const headersField: Field = {
  name: '_headers',
  type: { kind: 'optional', of: { kind: 'string' } },
}

/** The columns beside the values, last in each file. */
export const placeFields: readonly Field[] = [
  { name: archivePositionColumns.partition, type: { kind: 'int32' } },
  { name: archivePositionColumns.offset, type: { kind: 'safeInt64' } },
  { name: archivePositionColumns.time, type: { kind: 'optional', of: { kind: 'timestamp', unit: 'ms' } } },
  { name: keyColumn, type: { kind: 'optional', of: { kind: 'string' } } },
]

/** Refuses a field that would meet a column of ours: `invalid` `reserved-column`. */
export function checkNames({ fields }: ArchiveFields): void {
  const reserved = [...placeFields, headersField, rawField].map(field => field.name)
  const clash = fields.find(field => reserved.includes(field.name))
  if (!clash) return
  const expected = `a name other than ${reserved.join(', ')}`
  const remedy = 'archive with given fields, without that one'
  throw invalid({ code: 'reserved-column', thing: `field '${clash.name}'`, expected, remedy })
}

/** The fields that a file's metadata names. Errors: `data` `bad-archive`. */
export function archiveFieldsOf(metadata: ReadonlyMap<string, string>, path: string): ArchiveFields {
  const text = metadata.get(archiveFieldsKey)
  try {
    if (text !== undefined) return JSON.parse(text) as ArchiveFields
  } catch {
    // Reported below.
  }
  const remedy = 'archive to a new folder'
  throw badData({
    code: 'bad-archive',
    thing: `${path}: ${archiveFieldsKey}`,
    expected: 'its fields',
    remedy,
  })
}

/** Refuses to go on with other columns than the archive has: `conflict` `archive-fields`. */
export function checkSameFields(to: string, there: ArchiveFields, wanted: ArchiveFields): void {
  if (described(there) === described(wanted)) return
  throw conflict({
    code: 'archive-fields',
    thing: to,
    expected: described(wanted),
    found: `files with ${described(there)}`,
    remedy: 'archive to a new folder, or with the fields that are there',
  })
}

function described({ fields, jsonText }: ArchiveFields): string {
  const typeOf = (name: string, type: TypeSpec): string =>
    jsonText.includes(name) ? 'JSON text' : typeName(type)
  return fields.map(({ name, type }) => `${name} ${typeOf(name, type)}`).join(', ') || 'no fields'
}
