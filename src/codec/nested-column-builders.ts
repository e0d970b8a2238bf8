/**
 * Builders of nested types: a builder for each child. Under an absent row a struct's children have a row too, an empty
 * value rather than an absent one where the child's type has no null: other readers take their word for that.
 */
import { compareMapKeys, type MapKey } from '../record/map-key.ts'
import type { Column } from '../record/column.ts'
import { required, type RequiredSpec, type TypeSpec } from '../record/type.ts'
import { columnBuilder, type ColumnBuilder } from './column-builder.ts'
import { decimalText } from './decimal.ts'
import { ValidityBuilder } from './validity-builder.ts'

type Spec<K extends RequiredSpec['kind']> = Extract<RequiredSpec, { kind: K }>

const noValues = new Uint8Array(0)

/** struct: a plain object a row. */
export class StructColumnBuilder implements ColumnBuilder {
  readonly #type: TypeSpec
  readonly #names: readonly string[]
  readonly #children: readonly ColumnBuilder[]
  readonly #empty: readonly unknown[]
  readonly #validity = new ValidityBuilder()
  length = 0

  constructor(type: TypeSpec, capacity: number) {
    const { fields } = required(type) as Spec<'struct'>
    this.#type = type
    this.#names = fields.map(({ name }) => name)
    this.#children = fields.map(field => columnBuilder(field.type, capacity))
    this.#empty = fields.map(field => emptyValue(field.type))
  }

  get byteLength(): number {
    return sizeOf(this.#children)
  }

  append(value: unknown): void {
    const row = this.length++
    if (value === null) this.#validity.absent(row)
    for (let i = 0; i < this.#children.length; i++) {
      const part = value === null ? this.#empty[i] : (value as Record<string, unknown>)[this.#names[i]!]
      this.#children[i]!.append(part)
    }
  }

  finish(): Column {
    const { length } = this
    this.length = 0
    const children = this.#children.map(child => child.finish())
    const validity = this.#validity.finish(length)
    return { type: this.#type, length, validity, values: noValues, offsets: null, children }
  }
}

/** What lists and maps share: rows that are ranges of their children's rows. */
abstract class RangeColumnBuilder implements ColumnBuilder {
  readonly #type: TypeSpec
  readonly #validity = new ValidityBuilder()
  #offsets: number[] = [0]
  length = 0

  constructor(type: TypeSpec) {
    this.#type = type
  }

  protected abstract readonly children: readonly ColumnBuilder[]

  get byteLength(): number {
    return 4 * this.length + sizeOf(this.children)
  }

  append(value: unknown): void {
    const row = this.length++
    if (value === null) this.#validity.absent(row)
    else this.appendPresent(value)
    this.#offsets.push(this.children[0]!.length)
  }

  finish(): Column {
    const { length } = this
    const offsets = Int32Array.from(this.#offsets)
    this.#offsets = [0]
    this.length = 0
    const children = this.children.map(child => child.finish())
    const validity = this.#validity.finish(length)
    return { type: this.#type, length, validity, values: noValues, offsets, children }
  }

  protected abstract appendPresent(value: unknown): void
}

/** list: an array a row. */
export class ListColumnBuilder extends RangeColumnBuilder {
  protected readonly children: readonly [ColumnBuilder]

  constructor(type: TypeSpec, capacity: number) {
    super(type)
    this.children = [columnBuilder((required(type) as Spec<'list'>).of, capacity)]
  }

  protected appendPresent(value: unknown): void {
    for (const item of value as readonly unknown[]) this.children[0].append(item)
  }
}

/** map: a Map a row, its entries in the order of their keys. */
export class MapColumnBuilder extends RangeColumnBuilder {
  protected readonly children: readonly [keys: ColumnBuilder, values: ColumnBuilder]
  readonly #compare: (a: MapKey, b: MapKey) => number

  constructor(type: TypeSpec, capacity: number) {
    super(type)
    const { key, value } = required(type) as Spec<'map'>
    this.children = [columnBuilder(key, capacity), columnBuilder(value, capacity)]
    this.#compare = compareMapKeys(key)
  }

  protected appendPresent(value: unknown): void {
    const map = value as ReadonlyMap<MapKey, unknown>
    for (const key of [...map.keys()].sort(this.#compare)) {
      this.children[0].append(key)
      this.children[1].append(map.get(key))
    }
  }
}

function sizeOf(children: readonly ColumnBuilder[]): number {
  return children.reduce((sum, child) => sum + child.byteLength, 0)
}

/** What stands under an absent row: null where the type has one. */
function emptyValue(type: TypeSpec): unknown {
  switch (type.kind) {
    case 'optional':
      return null
    case 'bool':
      return false
    case 'int64':
      return 0n
    case 'timestamp':
      return type.unit === 'ns' ? 0n : 0
    case 'int8':
    case 'int16':
    case 'int32':
    case 'safeInt64':
    case 'float32':
    case 'float64':
    case 'date':
      return 0
    case 'string':
    case 'enum':
      return ''
    case 'bytes':
      return noValues
    case 'decimal':
      return decimalText(0n, type.scale)
    case 'list':
      return []
    case 'map':
      return new Map()
    case 'struct':
      return Object.fromEntries(type.fields.map(field => [field.name, emptyValue(field.type)]))
  }
}
