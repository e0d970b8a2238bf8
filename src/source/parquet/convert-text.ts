/** Text columns: enum values against their list, and text that reaches us as bytes (Parquet's ENUM and JSON). */
import { isUtf8 } from 'node:buffer'
import type { Column } from '../../record/column.ts'
import type { OnMisfit } from './misfit.ts'

const decoder = new TextDecoder()

/** Checks that each value is one of the list. */
export function checkEnum(column: Column, allowed: readonly string[], misfit: OnMisfit): void {
  const offsets = column.offsets!
  const bytes = column.values as Uint8Array
  const byLength = wordsByLength(allowed)
  for (let i = 0; i < column.length; i++) {
    const start = offsets[i]!
    const end = offsets[i + 1]!
    const words = byLength.get(end - start)
    if (!words || !isOneOf(words, bytes, start)) misfit(i, quoted(bytes.subarray(start, end)))
  }
}

function wordsByLength(allowed: readonly string[]): Map<number, Uint8Array[]> {
  const byLength = new Map<number, Uint8Array[]>()
  for (const word of allowed.map(value => new TextEncoder().encode(value))) {
    byLength.set(word.length, [...(byLength.get(word.length) ?? []), word])
  }
  return byLength
}

function isOneOf(words: readonly Uint8Array[], bytes: Uint8Array, start: number): boolean {
  for (const word of words) {
    let same = 0
    while (same < word.length && word[same] === bytes[start + same]) same++
    if (same === word.length) return true
  }
  return false
}

/** Checks that each value is whole, well-formed UTF-8. */
export function checkUtf8(column: Column, misfit: OnMisfit): void {
  const offsets = column.offsets!
  const bytes = column.values as Uint8Array
  if (isUtf8(bytes.subarray(offsets[0], offsets[column.length])) && startsAreCharacters(bytes, offsets))
    return
  for (let i = 0; i < column.length; i++) {
    const value = bytes.subarray(offsets[i], offsets[i + 1])
    if (!isUtf8(value)) misfit(i, quoted(value))
  }
}

function startsAreCharacters(bytes: Uint8Array, offsets: Int32Array): boolean {
  for (let i = 1; i < offsets.length - 1; i++) {
    const start = offsets[i]!
    if (start < bytes.length && (bytes[start]! & 0xc0) === 0x80) return false
  }
  return true
}

function quoted(bytes: Uint8Array): string {
  return JSON.stringify(decoder.decode(bytes.subarray(0, 60)))
}
