/** One field of a key: which types may be keys, their canonical bytes and their order. */
import { badData, invalid } from '../errors.ts'
import type { KeyPart } from './key.ts'
import { compareNumbers, compareText } from './map-key.ts'
import type { Field } from './record.ts'
import { required, typeName, type RequiredSpec } from './type.ts'
import { checkValue, storedValue } from './value.ts'

/** What can be done with one field of a key. */
export interface KeyFieldCodec {
  readonly field: Field
  check(part: unknown): KeyPart
  /** UTF-8 for text; for all else 8 little-endian bytes of a whole number (timestamps in µs, or ns if declared so). */
  bytes(part: KeyPart): Uint8Array
  compare(a: KeyPart, b: KeyPart): number
}

const encoder = new TextEncoder()

/** The codec of one key field; `invalid`, code `bad-key-type`, for floats and bytes. */
export function keyFieldCodec(field: Field): KeyFieldCodec {
  const spec = required(field.type)
  const check = (part: unknown): KeyPart => checkedPart(part, field, spec)
  if (isText(spec)) {
    return { field, check, bytes: part => encoder.encode(part as string), compare: compareText }
  }
  const scale = wholeNumberScale(spec)
  if (scale === undefined) {
    const expected = 'a string, an enum, a whole number, a bool, a date or a timestamp'
    throw invalid({
      code: 'bad-key-type',
      thing: `key field '${field.name}'`,
      expected,
      found: typeName(spec),
    })
  }
  return { field, check, bytes: part => wholeNumberBytes(part, scale), compare: compareNumbers }
}

function isText(spec: RequiredSpec): boolean {
  return spec.kind === 'string' || spec.kind === 'enum'
}

/** What a part is multiplied by to become its canonical whole number; undefined when the type can't be a key. */
export function wholeNumberScale(spec: RequiredSpec): number | undefined {
  switch (spec.kind) {
    case 'bool':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'safeInt64':
    case 'date':
      return 1
    case 'timestamp':
      return spec.unit === 'ms' ? 1000 : 1
    case 'float32':
    case 'float64':
    case 'string':
    case 'bytes':
    case 'enum':
    case 'decimal':
    case 'struct':
    case 'list':
    case 'map':
      return undefined
  }
}

function wholeNumberBytes(part: KeyPart, scale: number): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigInt64(0, BigInt(part) * BigInt(scale), true)
  return out
}

function checkedPart(part: unknown, field: Field, spec: RequiredSpec): KeyPart {
  if (part === null || part === undefined) {
    const remedy = `give it a value, filter such records out, or let the source skip them (badRecords: 'skip')`
    throw badData({
      code: 'null-key',
      thing: `key field '${field.name}'`,
      expected: typeName(spec),
      found: 'null',
      remedy,
    })
  }
  checkValue(spec, part, `key field '${field.name}'`)
  return storedValue(spec, part) as KeyPart
}
