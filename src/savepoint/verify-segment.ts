/**
 * Checks one segment in one pass over its file: size and checksums, schema and footer, and of the rows their order, keys, key
 * groups, values and counts against index and manifest, by whole columns. Where anything is wrong it is gone over again,
 * block by block and row by row, to be described (describe-segment.ts).
 */
import { countBits } from '../codec/bitmap.ts'
import { hashKeys } from '../codec/key-columns.ts'
import { HeadwaterError } from '../errors.ts'
import type { Column } from '../record/column.ts'
import { keyGroupOf } from '../record/key-group.ts'
import { keyCodec, type KeyCodec } from '../record/key.ts'
import { BlockDecoder } from './block-decoder.ts'
import type { BlockIndex } from './block-index.ts'
import { wrongValue } from './column-values.ts'
import { absentBits, describeSegment, type SegmentContext } from './describe-segment.ts'
import { EntryOrder } from './entry-order.ts'
import { keyCompare } from './row-order.ts'
import type { EntryRows } from './savepoint.ts'
import type { SegmentFile } from './segment-file.ts'
import { SegmentPass, type SummedBlock } from './segment-pass.ts'
import { surelyFits } from './value-fit.ts'
import { verifyFooter, verifySchema } from './verify-file.ts'

/** A piece of a state's entries that was found right. */
export interface CheckedRows {
  readonly rows: EntryRows
  /** A byte a row: 1 where it has the key of the row before it, which may be the last one of the piece before. */
  readonly same: Uint8Array
}

/** Checks a segment and describes everything that is wrong with it. */
export async function verifySegment(segment: SegmentFile, context: SegmentContext): Promise<void> {
  const pieces = checkedSegment(segment, context)
  while (!(await pieces.next()).done);
}

/**
 * The same; gives the blocks on the way, until one is wrong. Each is whole until the one after the next is asked for. That the
 * file as a whole is right is known at the end.
 */
export async function* checkedSegment(
  segment: SegmentFile,
  context: SegmentContext,
): AsyncGenerator<CheckedRows> {
  const index = await indexOf(segment)
  if (index !== null && (yield* passOver(segment, index, context))) return
  await describeAgain(segment, context)
}

/** Checks size and checksums alone, of the file, its blocks and its index. */
export async function verifySums(segment: SegmentFile, context: SegmentContext): Promise<void> {
  const index = await indexOf(segment)
  if (index === null || !(await isWhole(new SegmentPass(segment, index))))
    await describeAgain(segment, context)
}

async function isWhole(pass: SegmentPass): Promise<boolean> {
  try {
    await pass.readAll()
    return pass.whole
  } catch (error) {
    return orThrown(error, false)
  }
}

/** Null where it can't be read. */
async function indexOf(segment: SegmentFile): Promise<BlockIndex | null> {
  return segment.index().catch((error: unknown) => orThrown(error, null))
}

async function describeAgain(segment: SegmentFile, context: SegmentContext): Promise<void> {
  const { findings } = context
  const before = findings.errors
  await describeSegment(segment, context)
  if (findings.errors === before)
    findings.error(segment.path, 'was wrong when it was first read, and right a moment later')
}

/** Whether all is right, or what is wrong was described. */
async function* passOver(
  segment: SegmentFile,
  index: BlockIndex,
  context: SegmentContext,
): AsyncGenerator<CheckedRows, boolean> {
  const pass = new SegmentPass(segment, index)
  const check = new BlockCheck(segment, index, context)
  try {
    for await (const block of pass.blocks()) {
      const rows = check.rightRows(block)
      if (rows === null) return false
      yield { rows, same: check.order.same }
    }
  } catch (error) {
    return orThrown(error, false)
  }
  if (!pass.whole || check.tombstones !== segment.info.tombstones) return false
  await verifySchema(segment, index, context)
  await verifyFooter(segment, index, context.findings)
  return true
}

/** An error of ours is met again by whoever describes the segment. */
function orThrown<T>(error: unknown, value: T): T {
  if (error instanceof HeadwaterError) return value
  throw error
}

/** The blocks of a segment, checked as they come. */
class BlockCheck {
  readonly order = new EntryOrder()
  tombstones = 0
  readonly #segment: SegmentFile
  readonly #index: BlockIndex
  readonly #keyGroups: number
  readonly #codec: KeyCodec
  readonly #decoder: BlockDecoder
  #hashes = new Int32Array(0)

  constructor(segment: SegmentFile, index: BlockIndex, { table, layer, keyGroups }: SegmentContext) {
    this.#segment = segment
    this.#index = index
    this.#keyGroups = keyGroups
    this.#codec = keyCodec(table.key)
    this.#decoder = new BlockDecoder(table, layer)
  }

  /** The block's entries; null where anything is wrong with them. Errors: those of decoding. */
  rightRows({ number, entry, bytes }: SummedBlock): EntryRows | null {
    const rows = this.#decoder.decode(bytes, this.#segment.path)
    const isRight =
      rows.length === entry.rows &&
      this.order.check(rows) === null &&
      this.#hasFirstKey(rows, number) &&
      this.#hasGroups(rows) &&
      hasValues(rows)
    if (rows.deleted !== null) this.tombstones += countBits(rows.deleted, rows.length)
    return isRight ? rows : null
  }

  #hasFirstKey({ keyGroups, keys }: EntryRows, block: number): boolean {
    const { firstGroups, firstKeys } = this.#index
    return firstGroups[block] === keyGroups[0] && keyCompare(firstKeys, keys)(block, 0) === 0
  }

  /** Each row is in its key's group, and the segment's range has it; the rows are in order. */
  #hasGroups({ length, keyGroups, keys }: EntryRows): boolean {
    const [first, end] = this.#segment.info.groups
    if (keyGroups[0]! < first || keyGroups[length - 1]! >= end) return false
    if (this.#hashes.length < length) this.#hashes = new Int32Array(length)
    hashKeys(this.#codec, keys, this.#hashes)
    return areGroupsOf(this.#hashes, this.#keyGroups, keyGroups, length)
  }
}

function areGroupsOf(hashes: Int32Array, count: number, groups: Uint16Array, length: number): boolean {
  for (let row = 0; row < length; row++) if (keyGroupOf(hashes[row]!, count) !== groups[row]) return false
  return true
}

function hasValues({ keys, mapKey, value, deleted }: EntryRows): boolean {
  if (!keys.every(key => holdsValues(key, null))) return false
  return (!mapKey || holdsValues(mapKey, absentBits(mapKey))) && holdsValues(value, deleted)
}

function holdsValues(column: Column, tombstones: Uint8Array | null): boolean {
  return surelyFits(column, tombstones) || wrongValue(column, tombstones) === null
}
