/**
 * MurmurHash3 x86 32 bits, seed 0, over bytes in place: the hash of Iceberg's bucket transform (Iceberg table spec,
 * appendix B, "32-bit Hash Requirements"), so that an SQL engine can compute a key's group too.
 */

/** The hash of `bytes[start, end)` as a signed 32-bit number. */
export function murmur3(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  const wholeWordsEnd = start + ((end - start) & ~3)
  let at = start
  for (; at < wholeWordsEnd; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    hash = mixWord(hash, word)
  }
  return finish(hash ^ mixTail(bytes, at, end), end - start)
}

/** The hash of a 64-bit whole number in 8 little-endian bytes, given as its low and high 32 bits. */
export function murmur3Int64(low: number, high: number): number {
  return finish(mixWord(mixWord(0, low), high), 8)
}

function mixWord(hash: number, word: number): number {
  const mixed = (hash ^ scramble(word)) | 0
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function scramble(word: number): number {
  const first = Math.imul(word, 0xcc9e2d51)
  return Math.imul((first << 15) | (first >>> 17), 0x1b873593)
}

function mixTail(bytes: Uint8Array, at: number, end: number): number {
  const rest = end - at
  if (rest === 0) return 0
  let word = bytes[at] as number
  if (rest > 1) word |= (bytes[at + 1] as number) << 8
  if (rest > 2) word |= (bytes[at + 2] as number) << 16
  return scramble(word)
}

function finish(hash: number, length: number): number {
  let h = hash ^ length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
