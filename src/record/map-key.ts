/** The order of a map's keys, which is that of stream keys: text by its UTF-8 bytes, numbers numerically, false before true. */
import type { TypeSpec } from './type.ts'

/** A key of a map. */
export type MapKey = string | number | bigint | boolean

/** Compares keys of one type; negative when `a` comes first. */
export function compareMapKeys({ kind }: TypeSpec): (a: MapKey, b: MapKey) => number {
  return kind === 'string' || kind === 'enum' ? compareText : compareNumbers
}

/** UTF-8 order, which differs from JavaScript's order of UTF-16 units beyond the basic plane. */
export function compareText(a: MapKey, b: MapKey): number {
  const left = a as string
  const right = b as string
  if (left === right) return 0
  const end = Math.min(left.length, right.length)
  for (let i = 0; i < end; i++) {
    const x = left.charCodeAt(i)
    const y = right.charCodeAt(i)
    if (x !== y) return inCodePointOrder(x) - inCodePointOrder(y)
  }
  return left.length - right.length
}

/** Numbers, bigints and bools. */
export function compareNumbers(a: MapKey, b: MapKey): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Moves surrogates above every other UTF-16 unit, which is where their code points are. */
function inCodePointOrder(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}
