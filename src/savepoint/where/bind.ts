/** A condition's tree held against the types of columns. Truth has three values: null where a comparison meets nothing. */
import { valueReader } from '../../codec/column-reader.ts'
import { valueFromJson } from '../../codec/json-value.ts'
import type { NamedColumn } from '../../codec/json-lines.ts'
import { HeadwaterError } from '../../errors.ts'
import type { Field } from '../../record/record.ts'
import { required, typeName, type TypeSpec } from '../../record/type.ts'
import { compareBools, compareNumbers, compareTexts, decimalUnits, type Compare } from './compare.ts'
import type { ColumnName, Comparison, Expression, Literal, Operand } from './parse.ts'
import { badWhere } from './tokens.ts'

export type Truth = boolean | null
type Test = (row: number) => Truth
type Read = (row: number) => unknown

/** For the columns of one piece of rows. */
export type BoundCondition = (columns: readonly NamedColumn[]) => Test

/** What a side of a comparison is: how it is read from columns, and what kind of thing it is. */
interface Side {
  readonly kind: 'number' | 'decimal' | 'text' | 'bool'
  readonly read: (columns: readonly NamedColumn[]) => Read
}

/** Errors: `invalid`, code `bad-where`: no such column, or types that can't be compared. */
export function bind(expression: Expression, fields: readonly Field[], text: string): BoundCondition {
  return new Binder(fields, text).condition(expression)
}

class Binder {
  readonly #fields: readonly Field[]
  readonly #text: string

  constructor(fields: readonly Field[], text: string) {
    this.#fields = fields
    this.#text = text
  }

  condition(expression: Expression): BoundCondition {
    switch (expression.kind) {
      case 'and':
      case 'or': {
        const parts = expression.parts.map(part => this.condition(part))
        const decides = expression.kind === 'or'
        return columns =>
          joined(
            parts.map(part => part(columns)),
            decides,
          )
      }
      case 'not': {
        const part = this.condition(expression.part)
        return columns => negated(part(columns))
      }
      case 'null': {
        const { read } = this.#column(expression.of)
        return columns => isNull(read(columns))
      }
      case 'true': {
        const { type, read } = this.#column(expression.of)
        if (required(type).kind !== 'bool')
          throw this.#wrong(expression.of.at, 'a comparison', `a column of ${typeName(type)} alone`)
        return columns => read(columns) as Test
      }
      case 'compare':
        return this.#comparison(expression.how, expression.left, expression.right)
    }
  }

  #comparison(how: Comparison, left: Operand, right: Operand): BoundCondition {
    const { a, b } = this.#sides(left, right)
    if (a.kind !== b.kind)
      throw this.#wrong(right.at, `something that is ${withArticle(a.kind)}`, withArticle(b.kind))
    const compare = comparisonOf(a.kind)
    const accepts = acceptance(how)
    return columns => {
      const [readA, readB] = [a.read(columns), b.read(columns)]
      return row => {
        const x = readA(row)
        if (x === null || x === undefined) return null
        const y = readB(row)
        return y === null || y === undefined ? null : accepts(compare(x, y))
      }
    }
  }

  /** A literal is read as what the other side is. */
  #sides(left: Operand, right: Operand): { readonly a: Side; readonly b: Side } {
    if (left.kind === 'column') {
      const column = this.#column(left)
      const a = this.#columnSide(left, column)
      return {
        a,
        b:
          right.kind === 'column'
            ? this.#columnSide(right, this.#column(right))
            : this.#literal(right, column.type),
      }
    }
    if (right.kind !== 'column') throw this.#wrong(left.at, 'a column on one side', 'values on both')
    const column = this.#column(right)
    return { a: this.#literal(left, column.type), b: this.#columnSide(right, column) }
  }

  #columnSide({ at }: ColumnName, { type, read }: BoundColumn): Side {
    const kind = sideKind(type)
    if (kind === null) throw this.#wrong(at, 'a number, a text or a bool', `a column of ${typeName(type)}`)
    return { kind, read: kind === 'decimal' ? columns => decimalReader(read(columns)) : read }
  }

  #literal(literal: Literal, type: TypeSpec): Side {
    const value = this.#value(literal, type)
    return { kind: sideKind(type)!, read: () => () => value }
  }

  #value(literal: Literal, type: TypeSpec): unknown {
    const kind = sideKind(type)
    if (literal.kind === 'number' && kind === 'number') return numberOf(literal.text)
    if (literal.kind !== 'bool' && kind === 'decimal') {
      const value = decimalUnits(literal.text)
      if (value !== null) return value
      throw this.#wrong(literal.at, 'digits, at most 38 of them behind a point', literalText(literal))
    }
    if (literal.kind === 'bool' && kind === 'bool') return literal.value
    if (literal.kind === 'text' && kind === 'text') return literal.text
    if (literal.kind !== 'text' || kind !== 'number')
      throw this.#wrong(literal.at, typeName(type), literalText(literal))
    try {
      return valueFromJson(required(type), literal.text, 'the value')
    } catch (error) {
      if (!(error instanceof HeadwaterError)) throw error
      throw this.#wrong(literal.at, error.expected ?? typeName(type), literalText(literal))
    }
  }

  #column({ path, at }: ColumnName): BoundColumn {
    const [name, ...inner] = path as [string, ...string[]]
    const index = this.#fields.findIndex(field => field.name === name)
    if (index < 0) {
      const known = this.#fields.map(field => field.name).join(', ')
      throw this.#wrong(at, `a column: ${known}`, name)
    }
    let type: TypeSpec = this.#fields[index]!.type
    for (const part of inner) type = this.#inner(type, part, at)
    const read = (columns: readonly NamedColumn[]): Read => inside(valueReader(columns[index]!.column), inner)
    return { type, read }
  }

  #inner(type: TypeSpec, name: string, at: number): TypeSpec {
    const fields = (required(type) as { readonly fields?: readonly Field[] }).fields ?? []
    const found = fields.find(field => field.name === name)
    if (found) return found.type
    const known = fields.map(field => field.name).join(', ') || 'none'
    throw this.#wrong(at, `a field of it: ${known}`, name)
  }

  #wrong(at: number, expected: string, found: string): Error {
    return badWhere(this.#text, at, expected, found)
  }
}

interface BoundColumn {
  readonly type: TypeSpec
  readonly read: Side['read']
}

function decimalReader(read: Read): Read {
  return row => {
    const text = read(row)
    return text === null ? null : decimalUnits(text as string)
  }
}

function inside(read: Read, path: readonly string[]): Read {
  if (path.length === 0) return read
  return row => {
    let value = read(row)
    for (const name of path) value = (value as Readonly<Record<string, unknown>> | null)?.[name] ?? null
    return value
  }
}

/** What values of the type are compared as; null where they can't be. */
function sideKind(type: TypeSpec): Side['kind'] | null {
  const { kind } = required(type)
  switch (kind) {
    case 'bool':
      return 'bool'
    case 'string':
    case 'enum':
      return 'text'
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'safeInt64':
    case 'float32':
    case 'float64':
    case 'date':
    case 'timestamp':
      return 'number'
    case 'decimal':
      return 'decimal'
    default:
      return null
  }
}

function comparisonOf(kind: Side['kind']): Compare {
  if (kind === 'number' || kind === 'decimal') return compareNumbers as Compare
  return (kind === 'text' ? compareTexts : compareBools) as Compare
}

function acceptance(how: Comparison): (order: number) => boolean {
  switch (how) {
    case '=':
      return order => order === 0
    case '<>':
      return order => order !== 0
    case '<':
      return order => order < 0
    case '<=':
      return order => order <= 0
    case '>':
      return order => order > 0
    case '>=':
      return order => order >= 0
  }
}

/** `and` is decided by a false part, `or` by a true one; else null if a part is null. */
function joined(tests: readonly Test[], decides: boolean): Test {
  return row => {
    let all: Truth = !decides
    for (const test of tests) {
      const truth = test(row)
      if (truth === decides) return decides
      if (truth === null) all = null
    }
    return all
  }
}

function negated(test: Test): Test {
  return row => {
    const truth = test(row)
    return truth === null ? null : !truth
  }
}

function isNull(read: Read): Test {
  return row => read(row) === null
}

/** Exactly: digits beyond what a number holds make a bigint. */
function numberOf(text: string): number | bigint {
  const number = Number(text)
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number
}

function literalText(literal: Literal): string {
  switch (literal.kind) {
    case 'bool':
      return String(literal.value)
    case 'number':
      return literal.text
    case 'text':
      return `'${literal.text}'`
  }
}

function withArticle(kind: Side['kind']): string {
  return `a ${kind}`
}
