/**
 * Which slot each resident key has. Short ASCII texts, which most keys are, stand in the table itself, so that finding one
 * touches one place in memory where a Map touches three; all other keys are in a Map.
 *
 * I1. A packed key stands between the place of its hash and the next free entry, at most `mostProbes` behind it.
 * I2. A key that found no such entry is in the Map, as long as it is here.
 */
import type { KeyPart } from '../record/key.ts'

/** An entry: 5 words of text with its length in front, a word for the slot + 1 (0: free), 2 unused; two entries a cache line. */
const stride = 8
const slotAt = 5
const textWords = 5
/** Characters beside the length. */
const mostCharacters = 4 * textWords - 1
const mostProbes = 32
const leastEntries = 1024

/** A Map from keys to slots. */
export class KeySlots {
  readonly #others = new Map<KeyPart, number>()
  #table: Int32Array = new Int32Array(leastEntries * stride)
  #mask = leastEntries - 1
  #packed = 0

  get size(): number {
    return this.#packed + this.#others.size
  }

  /** −1 where there is none. */
  get(key: KeyPart): number {
    if (pack(key)) {
      const at = this.#find()
      if (at >= 0) return this.#table[at + slotAt]! - 1
      if (this.#others.size === 0) return -1
    }
    return this.#others.get(key) ?? -1
  }

  /** Adds a key that is not here. */
  add(key: KeyPart, slot: number): void {
    if (!pack(key) || !this.#insert(slot)) this.#others.set(key, slot)
  }

  delete(key: KeyPart): void {
    const at = pack(key) ? this.#find() : -1
    if (at < 0) this.#others.delete(key)
    else {
      this.#packed--
      this.#close(at)
    }
  }

  /** Where the packed key is; −1 where it is not in the table. */
  #find(): number {
    const table = this.#table
    let entry = hash() & this.#mask
    for (let probes = 0; probes < mostProbes; probes++) {
      const at = entry * stride
      if (table[at + slotAt] === 0) return -1
      if (
        table[at] === words[0] &&
        table[at + 1] === words[1] &&
        table[at + 2] === words[2] &&
        table[at + 3] === words[3] &&
        table[at + 4] === words[4]
      )
        return at
      entry = (entry + 1) & this.#mask
    }
    return -1
  }

  #insert(slot: number): boolean {
    if (2 * this.#packed > this.#mask) this.#grow()
    const at = this.#freeAt()
    if (at < 0) return false
    for (let i = 0; i < textWords; i++) this.#table[at + i] = words[i]!
    this.#table[at + slotAt] = slot + 1
    this.#packed++
    return true
  }

  /** A free entry for the packed key; −1 where there is none near its place. */
  #freeAt(): number {
    let entry = hash() & this.#mask
    for (let probes = 0; probes < mostProbes; probes++) {
      if (this.#table[entry * stride + slotAt] === 0) return entry * stride
      entry = (entry + 1) & this.#mask
    }
    return -1
  }

  #grow(): void {
    const old = this.#table
    this.#table = new Int32Array(2 * old.length)
    this.#mask = 2 * this.#mask + 1
    this.#packed = 0
    const [current, lost] = [words.slice(), [] as number[]]
    for (let at = 0; at < old.length; at += stride) {
      if (old[at + slotAt] === 0) continue
      words.set(old.subarray(at, at + textWords))
      if (!this.#insert(old[at + slotAt]! - 1)) lost.push(at)
    }
    for (const at of lost) this.#others.set(textOf(old, at), old[at + slotAt]! - 1)
    words.set(current)
  }

  /** Frees an entry; what stands behind it for want of a free one moves up (I1). */
  #close(freed: number): void {
    const table = this.#table
    let free = freed / stride
    for (let entry = free; ;) {
      entry = (entry + 1) & this.#mask
      const at = entry * stride
      if (table[at + slotAt] === 0) break
      words.set(table.subarray(at, at + textWords))
      const home = hash() & this.#mask
      if (((entry - home) & this.#mask) < ((entry - free) & this.#mask)) continue
      table.copyWithin(free * stride, at, at + stride)
      free = entry
    }
    table.fill(0, free * stride, (free + 1) * stride)
  }
}

/** The key that is looked for, packed. */
const words = new Int32Array(textWords)

/** Packs a key; false for all but short ASCII texts. */
function pack(key: KeyPart): boolean {
  if (typeof key !== 'string') return false
  const { length } = key
  if (length > mostCharacters) return false
  let word = length
  let at = 0
  for (let i = 0; i < length; i++) {
    const unit = key.charCodeAt(i)
    if (unit > 0x7f) return false
    const byte = (i + 1) & 3
    if (byte !== 0) word |= unit << (byte << 3)
    else {
      words[at++] = word
      word = unit
    }
  }
  words[at++] = word
  while (at < textWords) words[at++] = 0
  return true
}

function textOf(table: Int32Array, at: number): string {
  const unit = (i: number): number => (table[at + (i >> 2)]! >> ((i & 3) << 3)) & 0x7f
  return String.fromCharCode(...Array.from({ length: unit(0) }, (_, i) => unit(i + 1)))
}

function hash(): number {
  let value = 0
  for (let i = 0; i < textWords; i++) {
    value = Math.imul(value ^ words[i]!, 0x9e3779b1)
    value ^= value >>> 15
  }
  value = Math.imul(value, 0x85ebca6b)
  return value ^ (value >>> 13)
}
