/** Errors of job files: what Node, jiti or the file itself threw, as one line with the file and, where it says so, the line. */
import { pathToFileURL } from 'node:url'
import { HeadwaterError, invalid, messageOf, type ErrorKind, type ErrorParts } from '../errors.ts'

/** The error that tells where in the job file it went wrong. */
export function jobFileError(error: unknown, path: string): HeadwaterError {
  const place = placeOf(error, path)
  const found = messageOf(error)
  if (isHeadwaterError(error)) return new HeadwaterError(error.kind, located(error, place))
  if (/Cannot find (module|package)|does not provide an export/.test(found)) {
    const remedy = 'correct the import, or install the package beside the job file'
    return invalid({ code: 'job-import', thing: place, found: firstLine(found), remedy, cause: error })
  }
  const syntax = syntaxMessage(error)
  if (syntax !== null) {
    const expected = 'a JavaScript or TypeScript module'
    return invalid({ code: 'job-syntax', thing: place, expected, found: firstLine(syntax), cause: error })
  }
  const remedy = 'a job file only defines and exports: what it runs when loaded must not fail'
  return invalid({ code: 'job-failed', thing: place, found: firstLine(found), remedy, cause: error })
}

/** What a parser says: Node's, jiti's, or that of a loader which Node was started with (tsx). */
function syntaxMessage(error: unknown): string | null {
  if (error instanceof SyntaxError) return error.message
  const [, said] = /^(?:ParseError:|Transform failed[^]*?ERROR:)([^]*)/.exec(messageOf(error)) ?? []
  return said ?? null
}

type ErrorFacts = ErrorParts & { readonly kind: ErrorKind }

/** Also of another copy of the library, whose class is not ours. */
function isHeadwaterError(error: unknown): error is ErrorFacts {
  return error instanceof Error && error.name === 'HeadwaterError' && 'kind' in error && 'thing' in error
}

function located({ code, thing, expected, found, remedy }: ErrorParts, place: string): ErrorParts {
  const said = Object.entries({ expected, found, remedy }).filter(([, text]) => text !== undefined)
  return { code, thing: `${place}: ${thing}`, ...Object.fromEntries(said) }
}

/** `path:line`, of the job file where it is in the trace, else where the syntax error is: that is in what it imports. */
function placeOf(error: unknown, path: string): string {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : ''
  const own = lineAfter(text, path) ?? lineAfter(text, pathToFileURL(path).href)
  if (own !== null) return `${path}:${own}`
  // jiti puts the place below the message, Node above the stack; neither with the stack's `at`.
  const place = syntaxMessage(error) === null ? null : /^\s*(?:file:\/\/)?(\/[^:\n]+:\d+)/m.exec(text)
  return place?.[1] ?? path
}

function lineAfter(text: string, path: string): string | null {
  for (let at = text.indexOf(`${path}:`); at >= 0; at = text.indexOf(`${path}:`, at + 1)) {
    const line = /^\d+/.exec(text.slice(at + path.length + 1))
    if (line !== null) return line[0]
  }
  return null
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.trim() ?? ''
}
