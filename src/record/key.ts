/**
 * Keys: what state belongs to. A key is one primitive or a tuple of them; equal keys have equal canonical bytes on
 * every run and machine, so they meet in one key group and one order.
 */
import { badData, invalid } from '../errors.ts'
import type { Field } from './record.ts'
import { murmur3 } from './murmur3.ts'
import { keyGroupOf, type KeyGroup } from './key-group.ts'
import { shown } from './value.ts'
import { keyFieldCodec, type KeyFieldCodec } from './key-field.ts'

/** One part of a key. */
export type KeyPart = string | number | bigint | boolean

/** A key: a part, or several parts in the order of the key's fields. */
export type Key = KeyPart | readonly KeyPart[]

/** What a stage is keyed by, as plain data. */
export interface KeySchema {
  /** One field or several, none of them optional; their names are columns of every segment. */
  readonly fields: readonly Field[]
}

/** What can be done with the keys of one schema. */
export interface KeyCodec {
  readonly schema: KeySchema
  /** Refuses what is not a key of this schema: `data`, codes `null-key`, `wrong-type`, `lone-surrogate`. */
  check(key: unknown): Key
  /** Canonical bytes; equal for equal keys only. */
  bytes(key: Key): Uint8Array
  group(key: Key, keyGroups: number): KeyGroup
  /** Order inside a key group; negative when `a` comes first. */
  compare(a: Key, b: Key): number
  /** A primitive for a Map: the part itself, or the tuple's canonical text. */
  mapKey(key: Key): KeyPart
  /** The key's parts in the order of the fields. */
  parts(key: Key): readonly KeyPart[]
  /** The key of those parts: the part itself when there is one field. */
  fromParts(parts: readonly KeyPart[]): Key
}

/** The codec of a key schema; `invalid`, code `bad-key-type`, when a field's type can't be a key. */
export function keyCodec(schema: KeySchema): KeyCodec {
  const codecs = schema.fields.map(field => keyFieldCodec(field))
  const [only] = codecs
  if (!only) throw invalid({ code: 'bad-key-type', thing: 'key', expected: 'at least one field' })
  return codecs.length === 1 ? singleKey(schema, only) : tupleKey(schema, codecs)
}

function singleKey(schema: KeySchema, codec: KeyFieldCodec): KeyCodec {
  const bytes = (key: Key): Uint8Array => codec.bytes(key as KeyPart)
  return {
    schema,
    check: key => codec.check(key),
    bytes,
    group: (key, keyGroups) => groupOf(bytes(key), keyGroups),
    compare: (a, b) => codec.compare(a as KeyPart, b as KeyPart),
    mapKey: key => key as KeyPart,
    parts: key => [key as KeyPart],
    fromParts: parts => parts[0] as KeyPart,
  }
}

function tupleKey(schema: KeySchema, codecs: readonly KeyFieldCodec[]): KeyCodec {
  const parts = (key: Key): readonly KeyPart[] => key as readonly KeyPart[]
  const bytes = (key: Key): Uint8Array => joined(parts(key).map((part, i) => at(codecs, i).bytes(part)))
  return {
    schema,
    check: key => checkedTuple(key, codecs),
    bytes,
    group: (key, keyGroups) => groupOf(bytes(key), keyGroups),
    compare: (a, b) => compareTuples(parts(a), parts(b), codecs),
    mapKey: key => Buffer.from(bytes(key)).toString('latin1'),
    parts,
    fromParts: given => given,
  }
}

function checkedTuple(key: unknown, codecs: readonly KeyFieldCodec[]): Key {
  if (Array.isArray(key) && key.length === codecs.length) return codecs.map((codec, i) => codec.check(key[i]))
  const names = codecs.map(codec => codec.field.name).join(', ')
  throw badData({ code: 'wrong-type', thing: 'key', expected: `an array of [${names}]`, found: shown(key) })
}

function compareTuples(
  a: readonly KeyPart[],
  b: readonly KeyPart[],
  codecs: readonly KeyFieldCodec[],
): number {
  for (const [i, codec] of codecs.entries()) {
    const order = codec.compare(a[i] as KeyPart, b[i] as KeyPart)
    if (order !== 0) return order
  }
  return 0
}

/** Fields one after another, each behind its length in 4 little-endian bytes. */
function joined(fields: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, field) => sum + 4 + field.length, 0))
  const view = new DataView(out.buffer)
  let at = 0
  for (const field of fields) {
    view.setUint32(at, field.length, true)
    out.set(field, at + 4)
    at += 4 + field.length
  }
  return out
}

function groupOf(bytes: Uint8Array, keyGroups: number): KeyGroup {
  return keyGroupOf(murmur3(bytes, 0, bytes.length), keyGroups)
}

function at<T>(list: readonly T[], index: number): T {
  return list[index] as T
}
