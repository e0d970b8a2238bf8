/** The words of a condition. */
import { invalid, type HeadwaterError } from '../../errors.ts'

/** One word and where it begins. */
export interface Token {
  readonly kind: 'name' | 'quoted' | 'text' | 'number' | 'sign' | 'end'
  /** A name as it stands, a quoted one and a text without quotes, a keyword's text as it stands. */
  readonly text: string
  readonly at: number
}

const maxLength = 100_000

const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['number', /-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['name', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['text', /'(?:[^']|'')*'/y],
  ['quoted', /"(?:[^"]|"")*"/y],
  ['sign', /<=|>=|<>|!=|==|[=<>(),.]/y],
]

/** All words, and an end. Errors: `invalid`, code `bad-where`. */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > maxLength)
    throw badWhere(text.slice(0, 40), 0, `at most ${maxLength} characters`, String(text.length))
  const tokens: Token[] = []
  for (let at = blanksEnd(text, 0); at < text.length; at = blanksEnd(text, at)) {
    const token = tokenAt(text, at)
    tokens.push(token.token)
    at = token.end
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }]
}

/** The error for a place in the text. */
export function badWhere(text: string, at: number, expected: string, found: string): HeadwaterError {
  return invalid({
    code: 'bad-where',
    thing: `condition ${JSON.stringify(text)}, character ${at + 1}`,
    expected,
    found,
    remedy: `write it like total > 100 and country = 'Norway'`,
  })
}

function tokenAt(text: string, at: number): { readonly token: Token; readonly end: number } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found === undefined) continue
    return { token: { kind, text: unquoted(kind, found), at }, end: at + found.length }
  }
  const isOpen = text[at] === `'` || text[at] === '"'
  throw badWhere(
    text,
    at,
    isOpen ? 'the end of what is quoted' : 'a column, a value or an operator',
    isOpen ? 'none' : `'${text[at]}'`,
  )
}

function unquoted(kind: Token['kind'], found: string): string {
  if (kind === 'text') return found.slice(1, -1).replaceAll(`''`, `'`)
  return kind === 'quoted' ? found.slice(1, -1).replaceAll('""', '"') : found
}

function blanksEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && /\s/.test(text[at]!)) at++
  return at
}
