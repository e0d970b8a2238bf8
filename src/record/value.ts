/** Whether a JavaScript value is one of its declared type: one rule for keys, state, emissions and decoded messages. */
import { badData } from '../errors.ts'
import { compareMapKeys } from './map-key.ts'
import { isNested, required, typeName, type NestedSpec, type StructField, type TypeSpec } from './type.ts'

const maxInt64 = 2n ** 63n - 1n

/** Throws `data`, code `wrong-type` (or `lone-surrogate`), naming `thing`, unless `value` is a value of the type. */
export function checkValue(spec: TypeSpec, value: unknown, thing: string): void {
  if (isValueOf(spec, value)) return
  const inner = isNested(spec) && value !== null ? misfitIn(required(spec) as NestedSpec, value) : null
  if (inner !== null) return checkValue(inner.spec, inner.value, within(thing, inner.path))
  if (
    typeof value === 'string' &&
    (spec.kind === 'string' || (spec.kind === 'optional' && spec.of.kind === 'string'))
  ) {
    const remedy = 'replace it: UTF-8 has no form for half of a surrogate pair'
    throw badData({
      code: 'lone-surrogate',
      thing,
      expected: 'well-formed Unicode',
      found: JSON.stringify(value),
      remedy,
    })
  }
  throw badData({ code: 'wrong-type', thing, expected: typeName(spec), found: shown(value) })
}

/** Whether the value is one of the type: whole where whole is declared, in range, a bigint exactly where declared. */
export function isValueOf(spec: TypeSpec, value: unknown): boolean {
  switch (spec.kind) {
    case 'optional':
      return value === null || isValueOf(spec.of, value)
    case 'bool':
      return typeof value === 'boolean'
    case 'int8':
      return typeof value === 'number' && (value << 24) >> 24 === value
    case 'int16':
      return typeof value === 'number' && (value << 16) >> 16 === value
    case 'int32':
    case 'date':
      return typeof value === 'number' && (value | 0) === value
    case 'int64':
      return isInt64(value)
    case 'safeInt64':
      return Number.isSafeInteger(value)
    case 'float32':
    case 'float64':
      return typeof value === 'number'
    case 'string':
      return typeof value === 'string' && value.isWellFormed()
    case 'bytes':
      return value instanceof Uint8Array
    case 'timestamp':
      return spec.unit === 'ns' ? isInt64(value) : Number.isSafeInteger(value)
    case 'enum':
      return typeof value === 'string' && spec.values.includes(value)
    case 'decimal':
      return typeof value === 'string' && isDecimalText(value, spec.precision, spec.scale)
    case 'list':
      return Array.isArray(value) && value.every(item => isValueOf(spec.of, item)) && isDense(value)
    case 'map':
      return value instanceof Map && isMapOf(spec, value)
    case 'struct':
      return isStructOf(spec.fields, value)
  }
}

const decimalText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/

/** The one text of a decimal: no needless zeros in front, exactly `scale` digits behind the point, no −0. */
function isDecimalText(text: string, precision: number, scale: number): boolean {
  if (text.length > precision + 3 || !decimalText.test(text)) return false
  const point = text.indexOf('.')
  if ((point < 0 ? 0 : text.length - point - 1) !== scale) return false
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '')
  return digits.length <= precision && !(digits === '' && text.startsWith('-'))
}

/** `every` leaves out what an array skips. */
function isDense(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) if (!(i in array)) return false
  return true
}

function isMapOf(
  { key, value: type }: Extract<TypeSpec, { kind: 'map' }>,
  map: Map<unknown, unknown>,
): boolean {
  for (const [name, value] of map) if (!isValueOf(key, name) || !isValueOf(type, value)) return false
  return true
}

function isStructOf(fields: readonly StructField[], value: unknown): boolean {
  if (!isPlain(value) || Object.keys(value).length !== fields.length) return false
  return fields.every(({ name, type }) => Object.hasOwn(value, name) && isValueOf(type, value[name]))
}

/** An object literal's kind: no class instance, whose methods would be lost. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

interface Misfit {
  readonly spec: TypeSpec
  readonly value: unknown
  readonly path: string
}

/** The first part of a nested value that is wrong; null where the value as a whole is. */
function misfitIn(spec: NestedSpec, value: unknown): Misfit | null {
  const parts = partsOf(spec, value)
  return parts?.find(part => !isValueOf(part.spec, part.value)) ?? null
}

/** What a nested value holds, null where it is none of its kind. */
function partsOf(spec: NestedSpec, value: unknown): readonly Misfit[] | null {
  switch (spec.kind) {
    case 'list':
      if (!Array.isArray(value)) return null
      return Array.from(value, (item: unknown, i) => ({ spec: spec.of, value: item, path: `[${i}]` }))
    case 'map':
      if (!(value instanceof Map)) return null
      return [...(value as Map<unknown, unknown>)].flatMap(([key, item]) => [
        { spec: spec.key, value: key, path: ` key ${shown(key)}` },
        {
          spec: spec.value,
          value: item,
          path: `[${typeof key === 'string' ? JSON.stringify(key) : shown(key)}]`,
        },
      ])
    case 'struct': {
      if (!isPlain(value)) return null
      const strange = Object.keys(value).find(name => !spec.fields.some(field => field.name === name))
      if (strange !== undefined) return null
      return spec.fields.map(({ name, type }) => {
        return { spec: type, value: Object.hasOwn(value, name) ? value[name] : undefined, path: `.${name}` }
      })
    }
  }
}

/** `field 'items'` and `[2].price`: `field 'items[2].price'`. */
export function within(thing: string, path: string): string {
  return thing.endsWith(`'`) ? `${thing.slice(0, -1)}${path}'` : `${thing}${path}`
}

/**
 * A checked value as a column gives it back: a whole number has no −0, and float32 is rounded to the nearest single. Who
 * keeps a value beside its column keeps this one, so that nothing changes when it is restored. Nested values are copied
 * and frozen: what was stored changes by being stored again, and not otherwise.
 */
export function storedValue(spec: TypeSpec, value: unknown): unknown {
  if (typeof value === 'number') return storedNumber(spec, value)
  if (typeof value !== 'object' || value === null) return value
  const type = required(spec)
  switch (type.kind) {
    case 'bytes':
      return (value as Uint8Array).slice()
    case 'list':
      return Object.freeze((value as readonly unknown[]).map(item => storedValue(type.of, item)))
    case 'struct':
      return storedStruct(type.fields, value as Readonly<Record<string, unknown>>)
    case 'map':
      return storedMap(type, value as ReadonlyMap<unknown, unknown>)
    default:
      return value
  }
}

function storedNumber(spec: TypeSpec, value: number): number {
  const kind = spec.kind === 'optional' ? spec.of.kind : spec.kind
  if (kind === 'float64') return value
  return kind === 'float32' ? Math.fround(value) : value + 0
}

function storedStruct(fields: readonly StructField[], value: Readonly<Record<string, unknown>>): object {
  const out: Record<string, unknown> = {}
  for (const { name, type } of fields) out[name] = storedValue(type, value[name])
  return Object.freeze(out)
}

function storedMap(
  { key, value: type }: Extract<TypeSpec, { kind: 'map' }>,
  map: ReadonlyMap<unknown, unknown>,
): ReadonlyMap<unknown, unknown> {
  const compare = compareMapKeys(key)
  const entries = [...map].map(([name, value]): [unknown, unknown] => [
    storedValue(key, name),
    storedValue(type, value),
  ])
  entries.sort(([a], [b]) => compare(a as never, b as never))
  return frozenMap(entries)
}

/** A Map of these entries that nobody can change. */
export function frozenMap<K, V>(entries: readonly (readonly [K, V])[]): ReadonlyMap<K, V> {
  return new FrozenMap(entries)
}

/** What `Object.freeze` does not do for a Map. */
class FrozenMap<K, V> extends Map<K, V> {
  constructor(entries: readonly (readonly [K, V])[]) {
    super()
    for (const [key, value] of entries) super.set(key, value)
  }

  override set(): never {
    throw frozen()
  }

  override delete(): never {
    throw frozen()
  }

  override clear(): never {
    throw frozen()
  }
}

function frozen(): TypeError {
  return new TypeError(`a Map of a record or of state can't be changed: set a new one`)
}

function isInt64(value: unknown): boolean {
  return typeof value === 'bigint' && value <= maxInt64 && value >= -maxInt64 - 1n
}

/** A value as errors show it: its JavaScript type and the start of its text. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  const text =
    typeof value === 'object' ? Object.prototype.toString.call(value) : (value as symbol).toString()
  return `${typeof value} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`
}
