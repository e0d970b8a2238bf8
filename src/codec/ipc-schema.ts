/**
 * Whether the schema message of an Arrow IPC file declares the fields that it should, without apache-arrow, which takes long
 * to set up for this. The message may come from anybody; what is read of it is bounded by what is expected.
 *
 * Names and types are compared with those of nested fields, nullability, byte order, and that nothing is dictionary-encoded.
 * Published source: Arrow's Schema.fbs and Message.fbs.
 */
import { badData } from '../errors.ts'
import { isOptional, required, type TypeSpec } from '../record/type.ts'
import { FlatbufferTable } from './flatbuffer-table.ts'
import type { StoredField } from './stored-field.ts'

const message = { headerKind: 1, header: 2, schemaKind: 1 }
const schema = { endianness: 0, fields: 1 }
const field = { name: 0, nullable: 1, typeKind: 2, type: 3, dictionary: 4, children: 5 }

/** The kinds of type that a field may have here, by their numbers in the union Type. */
const kinds: Readonly<Record<number, string>> = {
  2: 'int',
  3: 'float',
  4: 'binary',
  5: 'utf8',
  6: 'bool',
  7: 'decimal',
  8: 'date',
  10: 'timestamp',
  12: 'list',
  13: 'struct',
  17: 'map',
}

/** A field as it should be. */
interface Expected {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly children: readonly Expected[]
}

/**
 * What another schema the bytes hold, null when it is the expected one. `bytes`: the file from its first message on. Errors:
 * `data`, code `corrupt-arrow`.
 */
export function schemaDifference(
  bytes: Uint8Array,
  fields: readonly StoredField[],
  thing: string,
): { readonly expected: string; readonly found: string } | null {
  const corrupt = (found: string): Error =>
    badData({ code: 'corrupt-arrow', thing, expected: 'the schema of an Arrow IPC file', found })
  const root = FlatbufferTable.root(metadataOf(bytes, corrupt), corrupt)
  if (root.uint8(message.headerKind) !== message.schemaKind) throw corrupt('another kind of message')
  const found = root.table(message.header)
  if (found.int(schema.endianness, 2, 0) !== 0) throw corrupt('big-endian values')
  return fieldsDifference(found, schema.fields, fields.map(expectedField), 'columns')
}

function metadataOf(bytes: Uint8Array, corrupt: (found: string) => Error): DataView {
  if (bytes.length < 8) throw corrupt(`${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = view.getInt32(4, true)
  if (view.getInt32(0, true) !== -1 || length < 0 || 8 + length > bytes.length) throw corrupt('no message')
  return new DataView(bytes.buffer, bytes.byteOffset + 8, length)
}

type Difference = { readonly expected: string; readonly found: string } | null

function fieldsDifference(
  parent: FlatbufferTable,
  place: number,
  expected: readonly Expected[],
  what: string,
): Difference {
  const found = parent.tables(place, 0xffff)
  if (found.length !== expected.length)
    return { expected: `${expected.length} ${what}`, found: String(found.length) }
  for (const [i, each] of expected.entries()) {
    const difference = fieldDifference(found[i]!, each)
    if (difference !== null) return difference
  }
  return null
}

function fieldDifference(found: FlatbufferTable, expected: Expected): Difference {
  const words = { expected: fieldText(expected), found: foundText(found) }
  if (words.expected !== words.found) return words
  return fieldsDifference(found, field.children, expected.children, `fields of ${expected.name}`)
}

function fieldText({ name, type, nullable }: Expected): string {
  return `column ${name} ${type}${nullable ? '?' : ''}`
}

function foundText(found: FlatbufferTable): string {
  const dictionary = found.has(field.dictionary) ? 'dictionary of ' : ''
  const nullable = found.uint8(field.nullable) !== 0 ? '?' : ''
  return `column ${found.text(field.name)} ${dictionary}${foundType(found)}${nullable}`
}

function foundType(found: FlatbufferTable): string {
  const number = found.uint8(field.typeKind)
  const kind = kinds[number]
  if (kind === undefined) return `type ${number}`
  const type = found.table(field.type)
  switch (kind) {
    case 'int':
      return `${type.uint8(1) === 0 ? 'u' : ''}int${type.int(0, 4, 0)}`
    case 'float':
      return `float${16 << type.int(0, 2, 0)}`
    case 'decimal':
      return `decimal${type.int(2, 4, 128)}(${type.int(0, 4, 0)}, ${type.int(1, 4, 0)})`
    case 'date':
      return type.int(0, 2, 1) === 0 ? 'date32' : 'date64'
    case 'timestamp':
      return `timestamp(${['s', 'ms', 'us', 'ns'][type.int(0, 2, 0)]}, ${type.text(1)})`
    default:
      return kind
  }
}

function expectedField({ name, type, nullable }: StoredField): Expected {
  if (type.kind === 'uint16') return { name, type: 'uint16', nullable, children: [] }
  return { name, nullable, ...expectedType(type) }
}

function inner(name: string, type: TypeSpec): Expected {
  return { name, nullable: isOptional(type), ...expectedType(type) }
}

function expectedType(type: TypeSpec): { readonly type: string; readonly children: readonly Expected[] } {
  const spec = required(type)
  switch (spec.kind) {
    case 'list':
      return { type: 'list', children: [inner('item', spec.of)] }
    case 'struct':
      return { type: 'struct', children: spec.fields.map(each => inner(each.name, each.type)) }
    case 'map': {
      const children = [inner('key', spec.key), inner('value', spec.value)]
      return { type: 'map', children: [{ name: 'entries', type: 'struct', nullable: false, children }] }
    }
    case 'timestamp':
      return { type: `timestamp(${spec.unit}, UTC)`, children: [] }
    case 'decimal':
      return { type: `decimal128(${spec.precision}, ${spec.scale})`, children: [] }
    default:
      return { type: flatTypes[spec.kind], children: [] }
  }
}

const flatTypes = {
  bool: 'bool',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  safeInt64: 'int64',
  float32: 'float32',
  float64: 'float64',
  string: 'utf8',
  enum: 'utf8',
  bytes: 'binary',
  date: 'date32',
} as const
