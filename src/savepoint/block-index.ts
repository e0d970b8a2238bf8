/**
 * The block index of a segment: where each block lies, its checksum, and its first key, so that a key is found with one
 * read. `segments/NAME.index.json`, one line a block:
 * `[offset, metadata bytes, body bytes, rows, crc32, first key group, [first key]]`.
 */
import { columnBuilder } from '../codec/column-builder.ts'
import { valueReader } from '../codec/column-reader.ts'
import { badData, type HeadwaterError } from '../errors.ts'
import type { Column } from '../record/column.ts'
import type { KeySchema } from '../record/key.ts'
import type { TypeSpec } from '../record/type.ts'
import { isValueOf } from '../record/value.ts'
import type { Json } from './canonical-json.ts'
import { count, listOf, oneOf, record, ShapeMismatch, whole, type Shape } from './json-shape.ts'
import { formatVersion } from './manifest.ts'
import type { EntryRows } from './savepoint.ts'

/** One block: an Arrow record batch message with its body. */
export interface BlockEntry {
  readonly offset: number
  readonly metadataBytes: number
  readonly bodyBytes: number
  readonly rows: number
  /** Over metadata and body. */
  readonly crc32: number
}

/** The index as it is searched. */
export interface BlockIndex {
  readonly blocks: readonly BlockEntry[]
  /** Each block's first row: its key group … */
  readonly firstGroups: Int32Array
  /** … and its key. */
  readonly firstKeys: readonly Column[]
}

/** Collects the lines of an index. */
export class BlockIndexText {
  readonly #lines: string[] = []

  get blocks(): number {
    return this.#lines.length
  }

  add({ offset, metadataBytes, bodyBytes, rows, crc32 }: BlockEntry, { keyGroups, keys }: EntryRows): void {
    const key = keys.map(column => keyToJson(valueReader(column)(0)))
    this.#lines.push(JSON.stringify([offset, metadataBytes, bodyBytes, rows, crc32, keyGroups[0], key]))
  }

  text(): string {
    return `{"formatVersion":${formatVersion},"blocks":[\n${this.#lines.join(',\n')}\n]}\n`
  }
}

type Line = readonly unknown[]

const indexShape: Shape<{ formatVersion: number; blocks: readonly Line[] }> = record({
  formatVersion: oneOf(formatVersion),
  blocks: listOf<Line>((line, at) => listOf(item => item)(line, at)),
})

/** Reads an index back. Errors: `data`, code `corrupt-index`, with the place. */
export function parseBlockIndex(text: string, key: KeySchema, file: string): BlockIndex {
  try {
    const { blocks } = indexShape(JSON.parse(text), '$')
    const groups = new Int32Array(blocks.length)
    const builders = key.fields.map(field => columnBuilder(field.type, blocks.length))
    const entries = blocks.map((line, i) => {
      const at = `$.blocks[${i}]`
      groups[i] = whole(0, 0xffff)(line[5], `${at}[5]`)
      const parts = listOf(part => part)(line[6], `${at}[6]`)
      for (const [f, field] of key.fields.entries()) {
        builders[f]!.append(keyFromJson(parts[f], field.type, `${at}[6][${f}]`))
      }
      return blockEntry(line, at)
    })
    return { blocks: entries, firstGroups: groups, firstKeys: builders.map(builder => builder.finish()) }
  } catch (error) {
    throw corruptIndex(file, error)
  }
}

function blockEntry(line: Line, at: string): BlockEntry {
  const size = whole(8, 0x7fffffff)
  return {
    offset: count(line[0], `${at}[0]`),
    metadataBytes: size(line[1], `${at}[1]`),
    bodyBytes: whole(0, 0x7fffffff)(line[2], `${at}[2]`),
    rows: whole(1, 0x7fffffff)(line[3], `${at}[3]`),
    crc32: whole(0, 0xffffffff)(line[4], `${at}[4]`),
  }
}

/** Key parts as JSON: 64-bit integers that are bigints as decimal text, all others as they are. */
export function keyToJson(part: unknown): Json {
  return typeof part === 'bigint' ? String(part) : (part as Json)
}

function keyFromJson(part: unknown, type: TypeSpec, at: string): unknown {
  const isBigint = type.kind === 'int64' || (type.kind === 'timestamp' && type.unit === 'ns')
  const value = isBigint && typeof part === 'string' && /^-?\d{1,19}$/.test(part) ? BigInt(part) : part
  if (isValueOf(type, value)) return value
  throw new ShapeMismatch(at, `a key of type ${type.kind}`, part)
}

function corruptIndex(file: string, error: unknown): HeadwaterError {
  const remedy = 'restore the savepoint from a copy, or use another'
  if (error instanceof ShapeMismatch) {
    const { at, expected, found } = error
    return badData({ code: 'corrupt-index', thing: `${file}: ${at}`, expected, found, remedy })
  }
  const found = error instanceof Error ? error.message : String(error)
  return badData({ code: 'corrupt-index', thing: file, expected: 'a block index', found, remedy, cause: error })
}
