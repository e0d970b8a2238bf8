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
  if (error instanceof SyntaxError || found.startsWith('ParseError:')) {
    const text = firstLine(found.replace('ParseError:', ''))
    return invalid({
      code: 'job-syntax',
      thing: place,
      expected: 'a JavaScript or TypeScript module',
      found: text,
      cause: error,
    })
  }
  const remedy = 'a job file only defines and exports: what it runs when loaded must not fail'
  return invalid({ code: 'job-failed', thing: place, found: firstLine(found), remedy, cause: error })
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

/** `path:line`, of the file itself where it is in the trace; a syntax error names the file it is in. */
function placeOf(error: unknown, path: string): string {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : ''
  const own = lineAfter(text, path) ?? lineAfter(text, pathToFileURL(path).href)
  if (own !== null) return `${path}:${own}`
  return /^\s*(?:file:\/\/)?(\/[^:\n]+:\d+)/m.exec(syntaxPart(text))?.[1] ?? path
}

/** jiti puts the place below the message, Node above the stack; both without `at`. */
function syntaxPart(text: string): string {
  return /ParseError|SyntaxError/.test(text) ? text : ''
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
