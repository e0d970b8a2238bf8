/**
 * Slots for the keys of one group: an open-addressing table over hashes, keys compared by their bytes in place. A group
 * is small enough for the cache, which is what makes the fold fast.
 */
import type { Column } from '../record/column.ts'

/** Which key each row has, by slot. */
export interface KeySlots {
  /** The slot of each row. */
  readonly slots: Int32Array
  /** The row in which each slot's key came first. */
  readonly firstRows: Int32Array
}

/**
 * Gives each distinct key a slot, in the order of appearance. An entry of the table is a hash and a slot + 1 side by side,
 * so that most rows find their slot with one look.
 */
export function assignSlots(hashes: Int32Array, keys: readonly Column[]): KeySlots {
  const same = sameKey(keys)
  const rows = hashes.length
  const slots = new Int32Array(rows)
  const firstRows = new Int32Array(rows)
  let table = new Int32Array(2048)
  let mask = table.length / 2 - 1
  let count = 0
  for (let row = 0; row < rows; row++) {
    const hash = hashes[row] as number
    let at = spread(hash) & mask
    let slot = (table[2 * at + 1] as number) - 1
    while (slot >= 0) {
      if (table[2 * at] === hash && same(firstRows[slot] as number, row)) break
      at = (at + 1) & mask
      slot = (table[2 * at + 1] as number) - 1
    }
    if (slot < 0) {
      slot = count++
      firstRows[slot] = row
      table[2 * at] = hash
      table[2 * at + 1] = slot + 1
      if (count * 2 > mask) {
        table = grown(table)
        mask = table.length / 2 - 1
      }
    }
    slots[row] = slot
  }
  return { slots, firstRows: firstRows.slice(0, count) }
}

/** Keys of one group share hash bits with each other; these are the ones that differ. */
function spread(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> 8
}

/** The table with four times the room. */
function grown(table: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(table.length * 4)
  const mask = larger.length / 2 - 1
  for (let from = 0; from < table.length; from += 2) {
    if (table[from + 1] === 0) continue
    let at = spread(table[from] as number) & mask
    while (larger[2 * at + 1] !== 0) at = (at + 1) & mask
    larger[2 * at] = table[from] as number
    larger[2 * at + 1] = table[from + 1] as number
  }
  return larger
}

type SameRows = (a: number, b: number) => boolean

function sameKey(keys: readonly Column[]): SameRows {
  const [only, ...others] = keys.map(sameInColumn)
  if (only !== undefined && others.length === 0) return only
  const all = keys.map(sameInColumn)
  return (a, b) => all.every(same => same(a, b))
}

function sameInColumn(column: Column): SameRows {
  const { values, offsets } = column
  if (offsets !== null) return sameBytes(values as Uint8Array, offsets)
  if (values instanceof BigInt64Array) return sameInt64(values)
  if (column.type.kind === 'bool') return sameBit(values as Uint8Array)
  return (a, b) => values[a] === values[b]
}

function sameBytes(bytes: Uint8Array, offsets: Int32Array): SameRows {
  return (a, b) => {
    let at = offsets[a] as number
    let other = offsets[b] as number
    const end = offsets[a + 1] as number
    if (end - at !== (offsets[b + 1] as number) - other) return false
    while (at < end) if (bytes[at++] !== bytes[other++]) return false
    return true
  }
}

function sameInt64(values: BigInt64Array): SameRows {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  return (a, b) => words[2 * a] === words[2 * b] && words[2 * a + 1] === words[2 * b + 1]
}

function sameBit(bits: Uint8Array): SameRows {
  const bit = (row: number): number => ((bits[row >> 3] as number) >> (row & 7)) & 1
  return (a, b) => bit(a) === bit(b)
}
