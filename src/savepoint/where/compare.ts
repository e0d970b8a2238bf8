/** The orders of values in conditions: numbers exactly, bigints among them, NaN last; texts by code points. */

/** Negative when `a` comes first. */
export type Compare = (a: unknown, b: unknown) => number

export function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1
  if (a > b) return 1
  // NaN is neither less nor greater than anything.
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

const decimalPlaces = 38

/** A decimal number's text in units of 10^−38; null for other texts. */
export function decimalUnits(text: string): bigint | null {
  const match = /^(-?)(\d{0,60})(?:\.(\d{0,38}))?$/.exec(text)
  if (!match) return null
  const [, sign, whole = '', fraction = ''] = match
  if (whole === '' && fraction === '') return null
  const units = BigInt(`${whole}${fraction.padEnd(decimalPlaces, '0')}`)
  return sign === '-' ? -units : units
}

export function compareBools(a: boolean, b: boolean): number {
  return Number(a) - Number(b)
}

/** As their UTF-8 bytes are ordered. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  let at = 0
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  if (at === length) return a.length - b.length
  return rank(a.charCodeAt(at)) - rank(b.charCodeAt(at))
}

/** Halves of surrogate pairs stand for code points above all single units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
