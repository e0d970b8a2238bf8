/** Keys in the order of segments: what a fold and a checkpoint sort their entries by. */
import type { Key, KeyCodec } from '../record/key.ts'

/** The indices of `keys` in ascending order of the keys. All keys are of one key group. */
export function keyOrder(codec: KeyCodec, keys: readonly Key[]): Int32Array {
  const order = Int32Array.from(keys, (_, i) => i)
  const prefixes = textPrefixes(keys)
  if (prefixes === null) return order.sort((a, b) => codec.compare(keys[a] as Key, keys[b] as Key))
  return order.sort((a, b) => {
    const byPrefix = (prefixes[a] as number) - (prefixes[b] as number)
    return byPrefix === 0 ? codec.compare(keys[a] as Key, keys[b] as Key) : byPrefix
  })
}

/**
 * The first six characters behind what all keys begin with, as one number each: most pairs are told apart by it, without
 * a look at the strings. Null when a key is not text, or not ASCII there, where UTF-16 and UTF-8 may order differently.
 */
function textPrefixes(keys: readonly Key[]): Float64Array | null {
  const [first] = keys
  if (typeof first !== 'string') return null
  const start = commonLength(keys as readonly string[], first)
  const prefixes = new Float64Array(keys.length)
  for (let i = 0; i < keys.length; i++) {
    const prefix = prefixNumber(keys[i] as string, start)
    if (prefix < 0) return null
    prefixes[i] = prefix
  }
  return prefixes
}

function commonLength(keys: readonly string[], first: string): number {
  let length = first.length
  for (const key of keys) {
    let same = 0
    while (same < length && same < key.length && key.charCodeAt(same) === first.charCodeAt(same)) same++
    length = same
  }
  // Not into the middle of a surrogate pair: both halves are compared together.
  return length > 0 && first.charCodeAt(length - 1) >= 0xd800 ? 0 : length
}

/** Characters as digits to the base 129, none as the least; −1 when one is not ASCII. */
function prefixNumber(key: string, start: number): number {
  let number = 0
  for (let i = start; i < start + 6; i++) {
    const unit = i < key.length ? key.charCodeAt(i) + 1 : 0
    if (unit > 128) return -1
    number = number * 129 + unit
  }
  return number
}
