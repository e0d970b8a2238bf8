/**
 * JSON text of values that have no schema: what operators without `emits` emit. Beside JSON's own values it takes
 * bigints (decimal strings), NaN and the infinities (strings), −0 (kept), Uint8Array (base64) and Map (an array of
 * [key, value] in the Map's order). Everything that JSON would change or drop without a word is refused: undefined,
 * functions, symbols, cycles, dates, sets, class instances.
 */
import { badData } from '../errors.ts'
import { shown } from '../record/value.ts'
import { base64 } from './json-value.ts'

/** Deeper values are refused, before the stack is. */
const maxDepth = 500

/** The text. Errors name `thing` and the path in it: `data`, codes `not-json` and `lone-surrogate`. */
export function jsonText(value: unknown, thing: string = 'record'): string {
  return isPlainJson(value, 0) ? JSON.stringify(value) : text(value, new Path(thing))
}

/** Nesting up to which `isPlainJson` looks; it does not look for cycles. */
const plainDepth = 20

/** Whether `JSON.stringify` gives the very text that we would: most records do, and it is 1.6 times as fast. */
function isPlainJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed()
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'boolean':
      return true
    case 'object':
      return value === null || (depth < plainDepth && isPlainObject(value, depth + 1))
    case 'bigint':
    case 'undefined':
    case 'function':
    case 'symbol':
      return false
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every(item => isPlainJson(item, depth)) && !value.includes(undefined)
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const name in value) {
    if (!name.isWellFormed() || !isPlainJson((value as Record<string, unknown>)[name], depth)) return false
  }
  return true
}

/** A number as JSON; numbers that JSON does not have are strings. */
function numberText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  return Number.isFinite(value) ? `${value}` : `"${value}"`
}

/** A string as JSON. */
function stringText(value: string, path: Path): string {
  if (value.isWellFormed()) return JSON.stringify(value)
  const remedy = 'replace it: UTF-8 has no form for half of a surrogate pair'
  const found = JSON.stringify(value)
  throw badData({
    code: 'lone-surrogate',
    thing: String(path),
    expected: 'well-formed Unicode',
    found,
    remedy,
  })
}

/** Where in a value the writer is, and the objects around it. */
class Path {
  readonly #thing: string
  readonly #names: (string | number)[] = []
  readonly #around: object[] = []

  constructor(thing: string) {
    this.#thing = thing
  }

  enter(value: object): void {
    if (this.#around.length === maxDepth) throw notJson(this, `no deeper than ${maxDepth}`, 'a deeper value')
    if (this.#around.includes(value)) throw notJson(this, 'no cycle', 'a value that contains itself')
    this.#around.push(value)
  }

  at(name: string | number): void {
    this.#names[this.#around.length - 1] = name
  }

  leave(): void {
    this.#around.pop()
    this.#names.length = this.#around.length
  }

  toString(): string {
    const path = this.#names.map(name => (typeof name === 'number' ? `[${name}]` : `.${name}`))
    return `${this.#thing}${path.join('')}`
  }
}

function text(value: unknown, path: Path): string {
  switch (typeof value) {
    case 'string':
      return stringText(value, path)
    case 'number':
      return numberText(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'bigint':
      return `"${value}"`
    case 'object':
      return value === null ? 'null' : objectText(value, path)
    case 'undefined':
    case 'function':
    case 'symbol':
      throw notJson(path, 'a JSON value', shown(value))
  }
}

function objectText(value: object, path: Path): string {
  if (value instanceof Uint8Array) return `"${base64(value)}"`
  path.enter(value)
  const items = value instanceof Map ? [...(value as Map<unknown, unknown>)] : value
  const done = Array.isArray(items) ? arrayText(items, path) : recordText(items, path)
  path.leave()
  return done
}

function arrayText(list: readonly unknown[], path: Path): string {
  let out = '['
  for (let i = 0; i < list.length; i++) {
    path.at(i)
    out += i === 0 ? text(list[i], path) : `,${text(list[i], path)}`
  }
  return `${out}]`
}

function recordText(value: object, path: Path): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw notPlain(value, path)
  let out = ''
  for (const name of Object.keys(value)) {
    path.at(name)
    out += `${out === '' ? '{' : ','}${stringText(name, path)}:${text((value as Record<string, unknown>)[name], path)}`
  }
  return out === '' ? '{}' : `${out}}`
}

function notPlain(value: object, path: Path): Error {
  const name = String(value.constructor?.name ?? 'object')
  return notJson(path, 'a plain object or an array', `an instance of ${name}`)
}

function notJson(path: Path, expected: string, found: string): Error {
  const remedy = 'emit plain values: turn dates into numbers or ISO text, leave absent properties out'
  return badData({ code: 'not-json', thing: String(path), expected, found, remedy })
}
