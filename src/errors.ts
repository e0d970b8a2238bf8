/**
 * The one error type of Headwater. Its kind says what the caller should do, its code is stable and made for tests and
 * programs; the message names the thing, what was expected, what was found, and the next step.
 */

/** `invalid`: fix the call · `data`: fix or skip the input · `conflict`: someone else won · `unavailable`: try again · `internal`: our bug. */
export type ErrorKind = 'invalid' | 'data' | 'conflict' | 'unavailable' | 'internal'

/** What an error says, in parts; only `code` and `thing` are always there. */
export interface ErrorParts {
  /** Stable, in kebab-case, the same in every release. */
  readonly code: string
  /** The thing it happened to: a file, a column, a partition, a flag. */
  readonly thing: string
  readonly expected?: string
  readonly found?: string
  /** What to do next. */
  readonly remedy?: string
  readonly cause?: unknown
}

/** Marks our errors, whichever copy of the library made them: a job file may bring another copy than the one that runs it. */
const errorBrand = Symbol.for('headwater.error')

/** Every failure that Headwater reports on purpose. One line: `kind code: thing: expected …, found …; remedy`. */
export class HeadwaterError extends Error {
  override readonly name: string = 'HeadwaterError'
  readonly kind: ErrorKind
  readonly code: string
  readonly thing: string
  readonly expected: string | undefined
  readonly found: string | undefined
  readonly remedy: string | undefined

  /** By the brand for this class, as usual for those that extend it. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== HeadwaterError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && errorBrand in value
  }

  constructor(kind: ErrorKind, parts: ErrorParts) {
    super(oneLine(kind, parts), parts.cause === undefined ? undefined : { cause: parts.cause })
    Object.defineProperty(this, errorBrand, { value: true })
    this.kind = kind
    this.code = parts.code
    this.thing = parts.thing
    this.expected = parts.expected
    this.found = parts.found
    this.remedy = parts.remedy
  }

  /** The form that `--json` prints. */
  toJSON(): Record<string, string> {
    const { kind, code, thing, expected, found, remedy } = this
    const parts = { kind, code, thing, expected, found, remedy, message: this.message }
    return Object.fromEntries(Object.entries(parts).filter(([, text]) => text !== undefined)) as Record<
      string,
      string
    >
  }
}

function oneLine(kind: ErrorKind, { code, thing, expected, found, remedy }: ErrorParts): string {
  const facts = [expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join(', ')
  const text = `${kind} ${code}: ${thing}${facts ? `: ${facts}` : ''}${remedy ? `; ${remedy}` : ''}`
  return text.replaceAll(/\s*\n\s*/g, ' ')
}

/** The call is wrong: fix it. */
export function invalid(parts: ErrorParts): HeadwaterError {
  return new HeadwaterError('invalid', parts)
}

/** The input is wrong: fix it or skip it. */
export function badData(parts: ErrorParts): HeadwaterError {
  return new HeadwaterError('data', parts)
}

/** Someone else was first. */
export function conflict(parts: ErrorParts): HeadwaterError {
  return new HeadwaterError('conflict', parts)
}

/** It may work later: a full disk, a broker that is away. */
export function unavailable(parts: ErrorParts): HeadwaterError {
  return new HeadwaterError('unavailable', parts)
}

/** A broken invariant of our own. */
export function internal(parts: ErrorParts): HeadwaterError {
  return new HeadwaterError('internal', parts)
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** An optional package that `thing` needs could not be loaded. */
export function notInstalled(code: string, thing: string, name: string, cause: unknown): HeadwaterError {
  return invalid({
    code,
    thing,
    expected: `the package ${name}`,
    found: messageOf(cause),
    remedy: `npm install ${name} (and -g where headwater is installed so), then run it again`,
    cause,
  })
}

/** Whether a thrown value is a system error with one of these codes (`ENOENT`, `ENOSPC` …). */
export function hasErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** Whether a thrown value is one of ours with one of these codes (`no-such-file`, `lost-ownership` …). */
export function hasCode(error: unknown, ...codes: readonly string[]): error is HeadwaterError {
  return error instanceof HeadwaterError && codes.includes(error.code)
}
