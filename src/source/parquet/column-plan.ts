/** Which column of a file (or of the folders above it) each wanted field comes from: decided before any row is read. */
import { badData, invalid } from '../../errors.ts'
import type { Field } from '../../record/record.ts'
import { required, typeName } from '../../record/type.ts'
import type { RequiredSpec } from '../../record/type.ts'
import { fileTypeName } from './file-type.ts'
import type { FileType } from './file-type.ts'
import { folderColumns, folderValue, isFolderType } from './folder-columns.ts'
import type { FileColumn } from './footer-schema.ts'
import type { HistoryFile } from './pin.ts'

/** Where a field's values come from. */
export type ColumnSource =
  | { readonly kind: 'file'; readonly column: FileColumn }
  /** One value for the whole file. */
  | { readonly kind: 'folder'; readonly value: unknown }

/** A wanted field, with its source in one file. */
export interface ColumnPlan {
  readonly field: Field
  readonly source: ColumnSource
}

/**
 * The source of a field in a file: the file's own column of that name, else a folder's.
 * Errors: `invalid` `missing-column`, `column-type`; `data` `duplicate-column`, `folder-value`; each names the file.
 */
export function planColumn(file: HistoryFile, field: Field, columnName: string): ColumnPlan {
  const { path } = file.pinned
  const [column, second] = file.footer.columns.filter(candidate => candidate.name === columnName)
  const thing = `${path}: column '${columnName}'`
  if (second) {
    const remedy = 'rename one of them'
    throw badData({
      code: 'duplicate-column',
      thing,
      expected: 'one column of that name',
      found: 'two',
      remedy,
    })
  }
  if (column) {
    if (!canRead(required(field.type), column.type)) throw wrongType(thing, field, column.type)
    return { field, source: { kind: 'file', column } }
  }
  const folders = folderColumns(path)
  const text = folders.get(columnName)
  if (text === undefined) throw missing(file, field, columnName, [...folders.keys()])
  if (!isFolderType(required(field.type))) throw wrongFolderType(thing, field)
  return { field, source: { kind: 'folder', value: folderValue(text, field.type, thing) } }
}

/** Whether a file's type has values that the declared type can hold exactly; which ones is checked value by value. */
export function canRead(to: RequiredSpec, from: FileType): boolean {
  switch (to.kind) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'safeInt64':
      return from.kind === 'int'
    case 'float32':
      return from.kind === 'float' && from.bits <= 32
    case 'float64':
      return from.kind === 'float' || from.kind === 'int'
    case 'string':
    case 'enum':
      return from.kind === 'string'
    case 'bytes':
      return from.kind === 'bytes' || from.kind === 'fixed'
    case 'timestamp':
      return from.kind === 'timestamp' || from.kind === 'int96'
    case 'bool':
    case 'date':
      return from.kind === to.kind
    case 'decimal':
      return from.kind === 'decimal'
    case 'list':
      return from.kind === 'list' && canRead(required(to.of), from.of)
    case 'map':
      return from.kind === 'map' && canRead(to.key, from.key) && canRead(required(to.value), from.value)
    case 'struct':
      return from.kind === 'struct' && to.fields.every(field => canReadField(field, from.fields))
  }
}

/** A field that the file's struct lacks is none of its type; one that only the file has is not looked at. */
function canReadField(
  { name, type }: Field,
  fields: Extract<FileType, { kind: 'struct' }>['fields'],
): boolean {
  const found = fields.filter(field => field.name === name)
  return found.length === 1 && canRead(required(type), found[0]!.type)
}

function missing(file: HistoryFile, field: Field, columnName: string, folders: readonly string[]): Error {
  const names = [...file.footer.columns.map(column => column.name), ...folders]
  const listed = names.slice(0, 20).join(', ') + (names.length > 20 ? ` and ${names.length - 20} more` : '')
  return invalid({
    code: 'missing-column',
    thing: `${file.pinned.path}: column '${columnName}'`,
    expected: typeName(field.type),
    found: `only ${listed}`,
    remedy: `if it has another name there, say so: columns: { ${field.name}: '…' }`,
  })
}

function wrongType(thing: string, field: Field, found: FileType): Error {
  const expected = `${typeName(field.type)} (field '${field.name}')`
  const remedy = remedyFor(required(field.type), found)
  return invalid({ code: 'column-type', thing, expected, found: fileTypeName(found), remedy })
}

function wrongFolderType(thing: string, field: Field): Error {
  const expected = `${typeName(field.type)} (field '${field.name}')`
  const remedy = 'declare a string, whole number, bool, date or enum'
  return invalid({ code: 'column-type', thing, expected, found: "text in a folder's name", remedy })
}

/** A time that stands there as a number or a text is mended in the file: the job needs it as a time. */
function remedyFor(wanted: RequiredSpec, found: FileType): string {
  const declare = declarationFor(wanted, found)
  const isTime = wanted.kind === 'timestamp' || wanted.kind === 'date'
  if (!isTime || (found.kind !== 'int' && found.kind !== 'string')) return declare
  return `write the file with a ${wanted.kind} column, as headwater archive --job JOB does, or ${declare}`
}

function declarationFor(wanted: RequiredSpec, found: FileType): string {
  switch (found.kind) {
    case 'bytes':
    case 'fixed':
      return wanted.kind === 'string' || wanted.kind === 'enum'
        ? 'declare t.bytes(), or write the file with a UTF-8 annotation'
        : 'declare t.bytes()'
    case 'other':
      return `${found.name} columns are not read: write the file with another type`
    case 'int':
      return `declare ${declarationOf(found)}`
    case 'float':
      return `declare t.float${Math.max(32, found.bits)}()`
    case 'timestamp':
      return `declare t.timestamp('${found.unit}')`
    case 'int96':
      return "declare t.timestamp('us')"
    case 'decimal':
      return `declare t.decimal(${found.precision}, ${found.scale})`
    case 'list':
    case 'map':
    case 'struct':
      return `declare the type that it has there: ${fileTypeName(found)}`
    case 'bool':
    case 'string':
    case 'date':
      return `declare t.${found.kind}()`
  }
}

/** The narrowest declaration that holds every value. */
function declarationOf({ bits, signed }: Extract<FileType, { kind: 'int' }>): string {
  if (signed) return `t.int${bits}()`
  return `t.int${bits === 8 ? 16 : bits === 16 ? 32 : 64}()`
}
