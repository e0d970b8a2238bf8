/**
 * The footer that the decoder is given in place of the file's own, so that it makes of each column what the column's
 * Parquet type says, exactly:
 *
 * - 96-bit timestamps are called byte strings of length 12, which is what they are on the page. The decoder would make
 *   64-bit nanoseconds of them and wrap around silently outside of the years 1677 to 2262, so that the 9999-12-31 of many
 *   a warehouse would become a day in 1816; as bytes they arrive whole (convert-int96.ts).
 * - An Arrow schema that the writer left in the metadata is hidden: by it a column could become something else than the
 *   Parquet schema says, which is what the job's schema was checked against.
 *
 * In FileMetaData, field 2 lists SchemaElements {1 type, 2 type_length, 3 repetition …}, field 4 lists RowGroups
 * {1 columns {3 ColumnMetaData {1 type …}}}, and field 5 lists the metadata {1 key, 2 value}.
 *
 * Published source: Apache Parquet, parquet.thrift.
 */
import { varintAt, walkStruct } from './thrift-walk.ts'
import type { ThriftField } from './thrift-walk.ts'

const trailerBytes = 8
const int96 = 6 // 3 as a zigzag varint, which is one byte
const fixedBytes = 14 // 7
const typeLength12 = [0x15, 24] // the header of a 32-bit field one id on, and 12

/** Replaces the bytes [at, at + remove). */
interface Edit {
  readonly at: number
  readonly remove: number
  readonly insert: readonly number[]
}

/** The footer with its length and the magic, changed where it must be. Throws where it is broken. */
export function decoderFooter(footer: Uint8Array): Uint8Array {
  const edits: Edit[] = []
  let inserted: number | null = null // where a type_length went, until the field after it is known
  walkStruct(footer, 0, (path, field) => {
    if (inserted !== null) edits.push(...followingField(footer, field, inserted))
    inserted = null
    if (path === '5.1' && isArrowSchema(footer, field.valueAt)) edits.push(hiddenKey(field.valueAt))
    const isType = path === '2.1' || path === '4.1.3.1'
    if (!isType || varintAt(footer, field.valueAt) !== int96) return
    edits.push({ at: field.valueAt, remove: 1, insert: [fixedBytes] })
    if (path === '2.1') inserted = field.valueAt + 1
  })
  if (inserted !== null) edits.push({ at: inserted, remove: 0, insert: typeLength12 })
  return edits.length === 0 ? footer : edited(footer, edits)
}

const arrowKey = Buffer.from('ARROW:schema')

function isArrowSchema(footer: Uint8Array, at: number): boolean {
  const text = footer.subarray(at + 1, at + 1 + arrowKey.length)
  return footer[at] === arrowKey.length && arrowKey.equals(text)
}

/** The key with its first letter in lower case: one that nobody looks for. */
function hiddenKey(at: number): Edit {
  return { at: at + 1, remove: 1, insert: [0x61] }
}

/**
 * After a type comes the length we add, and then a field whose header counts from the field before it: it has to count
 * from the length now. If it is the length itself, it gets our value.
 */
function followingField(
  footer: Uint8Array,
  { id, headerAt, valueAt, isShort }: ThriftField,
  at: number,
): Edit[] {
  if (headerAt === at && id === 2)
    return [{ at: valueAt, remove: varintBytes(footer, valueAt), insert: [24] }]
  const insert: Edit = { at, remove: 0, insert: typeLength12 }
  if (headerAt !== at || !isShort) return [insert]
  return [insert, { at: headerAt, remove: 1, insert: [footer[headerAt]! - 0x10] }]
}

function varintBytes(bytes: Uint8Array, at: number): number {
  let end = at
  while (bytes[end]! >= 128) end++
  return end + 1 - at
}

function edited(footer: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = []
  let at = 0
  for (const edit of edits) {
    parts.push(footer.subarray(at, edit.at), Uint8Array.from(edit.insert))
    at = edit.at + edit.remove
  }
  parts.push(footer.subarray(at))
  const out = new Uint8Array(Buffer.concat(parts))
  new DataView(out.buffer).setUint32(out.length - trailerBytes, out.length - trailerBytes, true)
  return out
}
