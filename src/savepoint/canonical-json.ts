/**
 * JSON as plain data, and its one canonical text, which digests are taken over: RFC 8785 (JSON Canonicalization
 * Scheme), that is no white space, members sorted by the UTF-16 units of their names, numbers as ECMAScript prints them.
 */
import type { Json } from '../codec/json-value.ts'
import { internal } from '../errors.ts'

export type { Json }

/** Deeper than any manifest or plan goes, shallow enough for recursion. */
export const maxJsonDepth = 192

/** The canonical text; `internal`, code `not-json`, for what JSON can't hold (undefined, NaN, functions, too deep). */
export function canonicalJson(value: Json, depth: number = 0): string {
  if (depth > maxJsonDepth) throw notJson(`more than ${maxJsonDepth} levels`)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return finiteText(value)
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item as Json, depth + 1)).join(',')}]`
  if (typeof value !== 'object') throw notJson(typeof value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item, depth + 1)}`).join(',')}}`
}

function finiteText(value: number): string {
  if (!Number.isFinite(value)) throw notJson(String(value))
  return JSON.stringify(value)
}

function notJson(found: string): Error {
  return internal({ code: 'not-json', thing: 'canonical JSON', expected: 'plain JSON data', found })
}
