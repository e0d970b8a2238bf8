/** From a condition's words to its tree. */
import { badWhere, tokensOf, type Token } from './tokens.ts'

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>='

/** A value in the text: `number` as it was written. */
export type Literal =
  | { readonly kind: 'text' | 'number'; readonly text: string; readonly at: number }
  | { readonly kind: 'bool'; readonly value: boolean; readonly at: number }

/** A column by the path of names to it. */
export interface ColumnName {
  readonly kind: 'column'
  readonly path: readonly string[]
  readonly at: number
}

export type Operand = Literal | ColumnName

/** A condition as plain data. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | { readonly kind: 'null'; readonly of: ColumnName }
  | { readonly kind: 'true'; readonly of: ColumnName }
  | { readonly kind: 'compare'; readonly how: Comparison; readonly left: Operand; readonly right: Operand }

const maxDepth = 100
const words: ReadonlySet<string> = new Set(['and', 'or', 'not', 'is', 'null', 'in', 'true', 'false'])
const comparisons: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['=', '='],
  ['==', '='],
  ['<>', '<>'],
  ['!=', '<>'],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
])

/** Errors: `invalid`, code `bad-where`. */
export function parse(text: string): Expression {
  const parser = new Parser(text)
  const expression = parser.either()
  parser.end()
  return expression
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokensOf(text)
  }

  either(): Expression {
    return this.#joined('or', () => this.#joined('and', () => this.#negated()))
  }

  end(): void {
    if (this.#token.kind !== 'end') throw this.#wrong('and, or, or the end')
  }

  #joined(kind: 'and' | 'or', part: () => Expression): Expression {
    const parts = [part()]
    while (this.#takeWord(kind)) parts.push(part())
    return parts.length === 1 ? parts[0]! : { kind, parts }
  }

  #negated(): Expression {
    if (++this.#depth > maxDepth) throw this.#wrong(`nesting up to ${maxDepth}`)
    const isNot = this.#takeWord('not')
    const part = isNot ? this.#negated() : this.#single()
    this.#depth--
    return isNot ? { kind: 'not', part } : part
  }

  #single(): Expression {
    if (this.#takeSign('(')) {
      const inner = this.either()
      this.#needSign(')')
      return inner
    }
    const left = this.#operand()
    const how = comparisons.get(this.#token.kind === 'sign' ? this.#token.text : '')
    if (how !== undefined) {
      this.#next++
      return { kind: 'compare', how, left, right: this.#operand() }
    }
    if (left.kind !== 'column') throw this.#wrong('a comparison')
    return this.#aboutColumn(left)
  }

  #aboutColumn(column: ColumnName): Expression {
    if (this.#takeWord('is')) {
      const isNot = this.#takeWord('not')
      if (!this.#takeWord('null')) throw this.#wrong('null')
      const part: Expression = { kind: 'null', of: column }
      return isNot ? { kind: 'not', part } : part
    }
    const isNot = this.#takeWord('not')
    if (this.#takeWord('in')) {
      const part = this.#oneOf(column)
      return isNot ? { kind: 'not', part } : part
    }
    if (isNot) throw this.#wrong('in')
    return { kind: 'true', of: column }
  }

  #oneOf(left: ColumnName): Expression {
    const parts: Expression[] = []
    this.#needSign('(')
    do parts.push({ kind: 'compare', how: '=', left, right: this.#operand() })
    while (this.#takeSign(','))
    this.#needSign(')')
    return { kind: 'or', parts }
  }

  #operand(): Operand {
    const { kind, text, at } = this.#token
    if (kind === 'text' || kind === 'number') {
      this.#next++
      return { kind, text, at }
    }
    const word = kind === 'name' ? text.toLowerCase() : ''
    if (word === 'true' || word === 'false') {
      this.#next++
      return { kind: 'bool', value: word === 'true', at }
    }
    return { kind: 'column', path: this.#path(), at }
  }

  #path(): readonly string[] {
    const path: string[] = []
    do {
      const { kind, text } = this.#token
      if (kind !== 'quoted' && (kind !== 'name' || words.has(text.toLowerCase())))
        throw this.#wrong('a column or a value')
      path.push(text)
      this.#next++
    } while (this.#takeSign('.'))
    return path
  }

  get #token(): Token {
    return this.#tokens[this.#next]!
  }

  #takeWord(word: string): boolean {
    const { kind, text } = this.#token
    const found = kind === 'name' && text.toLowerCase() === word
    if (found) this.#next++
    return found
  }

  #takeSign(sign: string): boolean {
    const found = this.#token.kind === 'sign' && this.#token.text === sign
    if (found) this.#next++
    return found
  }

  #needSign(sign: string): void {
    if (!this.#takeSign(sign)) throw this.#wrong(`'${sign}'`)
  }

  #wrong(expected: string): Error {
    const { kind, text, at } = this.#token
    return badWhere(this.#text, at, expected, kind === 'end' ? 'the end' : `'${text}'`)
  }
}
