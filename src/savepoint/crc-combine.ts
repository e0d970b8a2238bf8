/**
 * The crc32 of bytes from those of their parts, so that each byte is summed once where both sums are wanted.
 *
 * A crc is a polynomial over GF(2), with the highest power in the lowest bit; putting n bytes behind multiplies it by
 * x^8n modulo the polynomial of the crc. Published source: Mark Adler, crc32_combine of zlib.
 */

const polynomial = 0xedb88320
const one = 0x8000_0000

/** crc32 of A followed by B, from that of A, that of B, and the bytes of B. */
export function combinedCrc32(first: number, second: number, secondBytes: number): number {
  return (times(shiftBy(secondBytes), first) ^ second) >>> 0
}

/** The product of two polynomials, modulo the crc's. */
function times(a: number, b: number): number {
  let product = 0
  let shifted = b
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted
    shifted = (shifted & 1) !== 0 ? (shifted >>> 1) ^ polynomial : shifted >>> 1
  }
  return product
}

/** x^(2^i), from x^1. */
const squares: readonly number[] = squaresOf(one >>> 1)

function squaresOf(x: number): readonly number[] {
  const powers = [x]
  while (powers.length < 56) powers.push(times(powers.at(-1)!, powers.at(-1)!))
  return powers
}

/** x^(8 · bytes). */
function shiftBy(bytes: number): number {
  let product = one
  for (let rest = bytes, i = 3; rest > 0; rest = Math.floor(rest / 2), i++)
    if (rest % 2 === 1) product = times(product, squares[i]!)
  return product
}
