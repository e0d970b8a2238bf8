/** Bit-packed buffers, least significant bit first, from bit 0: validity and bool values of a Column. */

/** Bytes that hold `count` bits. */
export function bitmapBytes(count: number): number {
  return (count + 7) >>> 3
}

/** Whether bit `index` is 1. */
export function bitAt(bits: Uint8Array, index: number): boolean {
  return (bits[index >>> 3]! & (1 << (index & 7))) !== 0
}

/** Makes bit `index` 1. */
export function setBit(bits: Uint8Array, index: number): void {
  bits[index >>> 3]! |= 1 << (index & 7)
}

/** Makes the bits [start, end) 1. */
export function setBits(bits: Uint8Array, start: number, end: number): void {
  let at = start
  while (at < end && (at & 7) !== 0) setBit(bits, at++)
  const wholeEnd = at + ((end - at) & ~7)
  bits.fill(0xff, at >>> 3, wholeEnd >>> 3)
  for (at = wholeEnd; at < end; at++) setBit(bits, at)
}

/** Copies the bits [from, from + count) of `source` to `target` at bit `to`; the target's bits there are 0 before. */
export function copyBits(
  source: Uint8Array,
  from: number,
  count: number,
  target: Uint8Array,
  to: number,
): void {
  if ((from & 7) === 0 && (to & 7) === 0) {
    const whole = count & ~7
    target.set(source.subarray(from >>> 3, (from + whole) >>> 3), to >>> 3)
    for (let i = whole; i < count; i++) if (bitAt(source, from + i)) setBit(target, to + i)
    return
  }
  for (let i = 0; i < count; i++) if (bitAt(source, from + i)) setBit(target, to + i)
}

/** The bits [start, end) from bit 0 on: a view where they begin at a byte, else a copy. */
export function sliceBits(bits: Uint8Array, start: number, end: number): Uint8Array {
  if ((start & 7) === 0) return bits.subarray(start >>> 3, bitmapBytes(end))
  const out = new Uint8Array(bitmapBytes(end - start))
  copyBits(bits, start, end - start, out, 0)
  return out
}

/** How many of the first `count` bits are 1. */
export function countBits(bits: Uint8Array, count: number): number {
  let ones = 0
  const whole = count >>> 3
  for (let i = 0; i < whole; i++) ones += onesOf(bits[i]!)
  for (let i = whole << 3; i < count; i++) if (bitAt(bits, i)) ones++
  return ones
}

function onesOf(byte: number): number {
  const pairs = byte - ((byte >>> 1) & 0x55)
  const nibbles = (pairs & 0x33) + ((pairs >>> 2) & 0x33)
  return (nibbles + (nibbles >>> 4)) & 0x0f
}

/** Exactly the first `count` bits, with zeros after them in the last byte: equal bits, equal bytes. */
export function trimBits(bits: Uint8Array, count: number): Uint8Array {
  const cut = bits.subarray(0, bitmapBytes(count))
  const used = count & 7
  if (used === 0 || cut.at(-1)! >>> used === 0) return cut
  const out = cut.slice()
  out[out.length - 1]! &= (1 << used) - 1
  return out
}
