/**
 * Which partition a key goes to: Kafka's default partitioner (murmur2 over the key's bytes, Apache Kafka
 * `org.apache.kafka.common.utils.Utils.murmur2`), so that a topic and a file log agree.
 */
import { jsonText } from './json.ts'

const seed = 0x9747b28c
const multiplier = 0x5bd1e995
const encoder = new TextEncoder()

/** The partition of a key; text goes by its UTF-8, every other JSON value by the UTF-8 of its JSON text. */
export function partitionOfKey(key: unknown, partitions: number): number {
  return (murmur2(utf8(typeof key === 'string' ? key : jsonText(key, 'key'))) & 0x7fffffff) % partitions
}

/** Most keys are short ASCII texts, each record of a task has one, and an encoder takes ten times as long for it. */
const short = Array.from({ length: 33 }, (_, length) => new Uint8Array(length))

/** The bytes are those of this call alone. */
function utf8(text: string): Uint8Array {
  const bytes = short[text.length]
  if (bytes === undefined) return encoder.encode(text)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return encoder.encode(text)
    bytes[i] = unit
  }
  return bytes
}

/** MurmurHash2 with Kafka's seed, as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const wholeWordsEnd = bytes.length & ~3
  let hash = seed ^ bytes.length
  for (let at = 0; at < wholeWordsEnd; at += 4) {
    hash =
      Math.imul(hash, multiplier) ^
      mixed(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
  }
  return finish(withTail(hash, bytes, wholeWordsEnd))
}

function mixed(word: number): number {
  const first = Math.imul(word, multiplier)
  return Math.imul(first ^ (first >>> 24), multiplier)
}

function withTail(hash: number, bytes: Uint8Array, at: number): number {
  const rest = bytes.length - at
  if (rest === 0) return hash
  let tail = bytes[at]!
  if (rest > 1) tail |= bytes[at + 1]! << 8
  if (rest > 2) tail |= bytes[at + 2]! << 16
  return Math.imul(hash ^ tail, multiplier)
}

function finish(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 13), multiplier)
  return first ^ (first >>> 15)
}
