/**
 * The block index of a segment: where each block lies, its checksum, and its first key, so that a key is found with one
 * read. `segments/NAME.index.json`, one line a block:
 * `[offset, metadata bytes, body bytes, rows, crc32, first key group, [first key]]`.
 */
import { columnBuilder } from '../codec/column-builder.ts'
import { valueReader } from '../codec/column-reader.ts'
import { valueFromJson, valueToJson } from '../codec/json-value.ts'
import { badData, HeadwaterError } from '../errors.ts'
import type { Column } from '../record/column.ts'
import type { KeySchema } from '../record/key.ts'
import { listOf, oneOf, record, ShapeMismatch, type Shape } from './json-shape.ts'
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
    const key = keys.map(column => valueToJson(column.type, valueReader(column)(0)))
    this.#lines.push(JSON.stringify([offset, metadataBytes, bodyBytes, rows, crc32, keyGroups[0], key]))
  }

  text(): string {
    return `{"formatVersion":${formatVersion},"blocks":[\n${this.#lines.join(',\n')}\n]}\n`
  }
}

type Line = readonly unknown[]

const indexShape: Shape<{ formatVersion: number; blocks: readonly Line[] }> = record({
  formatVersion: oneOf(formatVersion),
  blocks: listOf<Line>(value => value as Line),
})

/** Least and most of a line's numbers, in their order. */
const limits: readonly (readonly [least: number, most: number])[] = [
  [8, Number.MAX_SAFE_INTEGER],
  [8, 0x7fffffff],
  [0, 0x7fffffff],
  [1, 0x7fffffff],
  [0, 0xffffffff],
  [0, 0xffff],
]

/** Reads an index back. Errors: `data`, code `corrupt-index`, with the place. */
export function parseBlockIndex(text: string, key: KeySchema, file: string): BlockIndex {
  try {
    const { blocks } = indexShape(JSON.parse(text), '$')
    const groups = new Int32Array(blocks.length)
    const builders = key.fields.map(field => columnBuilder(field.type, blocks.length))
    const entries = blocks.map((line, i): BlockEntry => {
      const parts = checkedLine(line, i, builders.length)
      for (const [f, builder] of builders.entries()) {
        builder.append(valueFromJson(key.fields[f]!.type, parts[f], 'first key'))
      }
      const [offset, metadataBytes, bodyBytes, rows, crc32, group] = line as readonly number[]
      groups[i] = group!
      return {
        offset: offset!,
        metadataBytes: metadataBytes!,
        bodyBytes: bodyBytes!,
        rows: rows!,
        crc32: crc32!,
      }
    })
    return { blocks: entries, firstGroups: groups, firstKeys: builders.map(builder => builder.finish()) }
  } catch (error) {
    throw corruptIndex(file, error)
  }
}

/** The parts of the line's key. Places are only put into words where something is wrong: there are many lines. */
function checkedLine(line: Line, block: number, keyFields: number): readonly unknown[] {
  const at = (i: number): string => `$.blocks[${block}][${i}]`
  if (!Array.isArray(line) || line.length !== limits.length + 1) {
    throw new ShapeMismatch(`$.blocks[${block}]`, `a list of ${limits.length + 1}`, line)
  }
  for (const [i, [least, most]] of limits.entries()) {
    const value: unknown = line[i]
    const fits = Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
    if (!fits) throw new ShapeMismatch(at(i), `a whole number from ${least} to ${most}`, value)
  }
  const parts: unknown = line[limits.length]
  if (Array.isArray(parts) && parts.length === keyFields) return parts as readonly unknown[]
  throw new ShapeMismatch(at(limits.length), `a list of ${keyFields}`, parts)
}

function corruptIndex(file: string, error: unknown): HeadwaterError {
  const remedy = 'restore the savepoint from a copy, or use another'
  if (error instanceof ShapeMismatch || error instanceof HeadwaterError) {
    const { expected = '', found = '' } = error
    const place = error instanceof ShapeMismatch ? error.at : error.thing
    return badData({
      code: 'corrupt-index',
      thing: `${file}: ${place}`,
      expected,
      found,
      remedy,
      cause: error,
    })
  }
  const found = error instanceof Error ? error.message : String(error)
  return badData({
    code: 'corrupt-index',
    thing: file,
    expected: 'a block index',
    found,
    remedy,
    cause: error,
  })
}
