/** Errors as the command line ends with them: one line or one JSON object on stderr, and the exit code. */
import { HeadwaterError, internal, messageOf, type ErrorKind } from '../errors.ts'
import { Interrupted } from './interrupts.ts'
import type { Screen } from './screen.ts'
import { UsageError } from './usage-error.ts'

/** Prints the error; returns the exit code. With `trace` the stack follows, and that of its causes. */
export function reportFailure(error: unknown, screen: Screen, trace: boolean): number {
  const known = withRemedy(error instanceof HeadwaterError ? error : unexpected(error))
  screen.keep()
  if (screen.mode === 'json')
    screen.line(JSON.stringify({ ...known.toJSON(), ...(trace && { trace: traceOf(error) }) }))
  else screen.line(`${lineOf(known, screen)}${trace ? `\n${traceOf(error)}` : ''}`)
  return exitCodeOf(known)
}

/** What to do when an error does not say it better. */
const remedies: Readonly<Record<ErrorKind, string>> = {
  invalid: 'correct it and run it again',
  data: 'correct that input, or leave it out, and run it again',
  conflict: 'see who else is at work there, and run it again',
  unavailable: 'run it again when that is mended',
  internal: 'run it again with --trace and report what it prints',
}

function withRemedy(error: HeadwaterError): HeadwaterError {
  if (error.remedy !== undefined || error instanceof UsageError) return error
  const { kind, code, thing, expected, found, cause } = error
  const facts = Object.fromEntries(
    Object.entries({ expected, found }).filter(([, text]) => text !== undefined),
  )
  return new HeadwaterError(kind, { code, thing, ...facts, remedy: remedies[kind], cause })
}

function exitCodeOf(error: HeadwaterError): number {
  if (error instanceof Interrupted) return error.exitCode
  return error instanceof UsageError ? 2 : 1
}

function lineOf(error: HeadwaterError, screen: Screen): string {
  const start = `${error.kind} ${error.code}`
  return `${screen.red(start)}${error.message.slice(start.length)}`
}

function unexpected(error: unknown): HeadwaterError {
  return internal({ code: 'unexpected', thing: 'headwater', found: messageOf(error), cause: error })
}

function traceOf(error: unknown): string {
  const stacks: string[] = []
  for (let at: unknown = error; at instanceof Error; at = at.cause) stacks.push(at.stack ?? at.message)
  return stacks.join('\ncaused by ')
}
