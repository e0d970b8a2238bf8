/**
 * Shapes: what a JSON value must look like, written as a table. A shape returns the value with its type or throws a
 * `ShapeMismatch` that names the JSON path; whoever reads the file turns it into an error that names the file.
 */

/** Reads one value; `at` is its JSON path, such as `$.operators[0].uid`. */
export type Shape<T> = (value: unknown, at: string) => T

/** A value that is not what its place asks for. */
export class ShapeMismatch extends Error {
  override readonly name: string = 'ShapeMismatch'
  readonly at: string
  readonly expected: string
  readonly found: string

  constructor(at: string, expected: string, found: unknown) {
    super(`${at}: expected ${expected}`)
    this.at = at
    this.expected = expected
    this.found = preview(found)
  }
}

/** Any text without half surrogate pairs. */
export const text: Shape<string> = (value, at) => {
  if (typeof value === 'string' && value.isWellFormed()) return value
  throw new ShapeMismatch(at, 'text', value)
}

/** Text of at least one character. */
export const name: Shape<string> = (value, at) => {
  if (text(value, at) !== '') return value as string
  throw new ShapeMismatch(at, 'a name', value)
}

/** true or false. */
export const flag: Shape<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value
  throw new ShapeMismatch(at, 'true or false', value)
}

/** A number; JSON has no others than finite ones. */
export const finite: Shape<number> = (value, at) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new ShapeMismatch(at, 'a number', value)
}

/** A whole number from 0 to 2^53 − 1. */
export const count: Shape<number> = (value, at) => whole(0, Number.MAX_SAFE_INTEGER)(value, at)

/** A whole number of a range, both ends included. */
export function whole(least: number, most: number): Shape<number> {
  return (value, at) => {
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number
    throw new ShapeMismatch(at, `a whole number from ${least} to ${most}`, value)
  }
}

/** Text that a pattern describes in full; `what` is the pattern for people. */
export function matching(pattern: RegExp, what: string): Shape<string> {
  return (value, at) => {
    if (typeof value === 'string' && pattern.test(value)) return value
    throw new ShapeMismatch(at, what, value)
  }
}

/** One of some literals. */
export function oneOf<const T extends string | number>(...literals: readonly T[]): Shape<T> {
  return (value, at) => {
    if (literals.includes(value as T)) return value as T
    throw new ShapeMismatch(at, literals.map(literal => JSON.stringify(literal)).join(' or '), value)
  }
}

/** The shape, or null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : shape(value, at))
}

/** A list of that shape. */
export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new ShapeMismatch(at, 'a list', value)
    return value.map((item, i) => shape(item, `${at}[${i}]`))
  }
}

/** Two values. */
export function pairOf<T>(shape: Shape<T>): Shape<readonly [T, T]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length !== 2) throw new ShapeMismatch(at, 'a list of two', value)
    return [shape(value[0], `${at}[0]`), shape(value[1], `${at}[1]`)]
  }
}

/** An object whose members all have that shape, whatever their names. */
export function mapOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at) => {
    const members = Object.entries(plainObject(value, at))
    return Object.fromEntries(members.map(([key, item]) => [key, shape(item, `${at}.${key}`)]))
  }
}

/** An object of exactly these members. */
export function record<T extends object>(members: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const shapes = Object.entries<Shape<unknown>>(members)
  const known = new Set(Object.keys(members))
  return (value, at) => {
    const object = plainObject(value, at)
    const stranger = Object.keys(object).find(key => !known.has(key))
    if (stranger !== undefined)
      throw new ShapeMismatch(`${at}.${stranger}`, 'no such member', object[stranger])
    return Object.fromEntries(shapes.map(([key, shape]) => [key, shape(object[key], `${at}.${key}`)])) as T
  }
}

/** The same, with a member that may be absent: then it is absent from the result too. */
export function withOptional<T extends object, K extends string, V>(
  shape: Shape<T>,
  member: K,
  value: Shape<V>,
): Shape<T & { readonly [N in K]?: V }> {
  return (object, at) => {
    const { [member]: given, ...rest } = plainObject(object, at)
    const whole = shape(rest, at)
    return given === undefined ? whole : { ...whole, [member]: value(given, `${at}.${member}`) }
  }
}

/** The members of an object that is no list. */
export function plainObject(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new ShapeMismatch(at, 'an object', value)
}

/** What was found, short enough for a line. */
function preview(value: unknown): string {
  if (value === undefined) return 'nothing'
  const whole = Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value)
  return whole.length > 60 ? `${whole.slice(0, 60)}…` : whole
}
