/** The differing rows of a key as one change, with the fields that differ. */
import { valueReader } from '../../codec/column-reader.ts'
import { jsonText } from '../../codec/json-text.ts'
import { valueToJson } from '../../codec/json-value.ts'
import { keyReader } from '../../codec/key-columns.ts'
import { keyCodec, type KeyCodec } from '../../record/key.ts'
import { required, type TypeSpec } from '../../record/type.ts'
import { entryType } from '../../state/state.ts'
import { columnsOf } from '../entry-rows.ts'
import type { EntryRows, StateTable } from '../savepoint.ts'
import type { ChangedField, KeyChange } from './change.ts'
import { isAlike } from './row-runs.ts'
import { differingRows, sameKey, type RowDifference, type RowPlace } from './row-walk.ts'

/** Fields of one change that are kept. */
const mostFields = 1000

/** In the order of the keys. */
export async function* keyChanges(
  table: StateTable,
  before: AsyncIterator<EntryRows>,
  after: AsyncIterator<EntryRows>,
): AsyncGenerator<KeyChange> {
  const codec = keyCodec(table.key)
  let open: OpenChange | null = null
  for await (const difference of differingRows(before, after)) {
    if (open !== null && !open.isOf(difference)) {
      yield open.finish()
      open = null
    }
    open ??= new OpenChange(table, codec, difference)
    open.add(difference)
  }
  if (open !== null) yield open.finish()
}

/** The change of a key whose rows are still coming. */
class OpenChange {
  readonly #table: StateTable
  readonly #codec: KeyCodec
  readonly #place: RowPlace
  readonly #fields: ChangedField[] = []
  #more = 0
  #inBefore = false
  #inAfter = false

  constructor(table: StateTable, codec: KeyCodec, difference: RowDifference) {
    this.#table = table
    this.#codec = codec
    this.#place = placeOf(difference)
  }

  isOf(difference: RowDifference): boolean {
    return sameKey(this.#place, placeOf(difference))
  }

  add({ before, after, keyInBoth }: RowDifference): void {
    this.#inBefore ||= keyInBoth || before !== null
    this.#inAfter ||= keyInBoth || after !== null
    if (this.#fields.length >= mostFields) {
      this.#more++
      return
    }
    const type = entryType(this.#table.state)
    this.#fields.push(
      ...changedFields(this.#nameOf((before ?? after)!), type, valueAt(before), valueAt(after)),
    )
  }

  finish(): KeyChange {
    const { rows, row } = this.#place
    const kind = this.#inBefore ? (this.#inAfter ? 'changed' : 'removed') : 'added'
    const { uid, state, key: schema } = this.#table
    const key = keyReader(this.#codec, rows.keys)(row)
    const keyGroup = rows.keyGroups[row]!
    return { kind, uid, state, schema, keyGroup, key, fields: this.#fields, more: this.#more }
  }

  /** The state's name, or which of a key's several rows. */
  #nameOf({ rows, row }: RowPlace): string {
    const inKey = columnsOf(rows).slice(1 + rows.keys.length, -1)
    if (inKey.length === 0) return this.#table.state.name
    return `[${inKey.map(column => jsonText(valueToJson(column.type, valueReader(column)(row)))).join(', ')}]`
  }
}

/** Fields of structs one by one, all else as a whole. */
function changedFields(
  field: string,
  type: TypeSpec,
  before: unknown,
  after: unknown,
): readonly ChangedField[] {
  const spec = required(type)
  if (spec.kind !== 'struct' || !isObject(before) || !isObject(after)) return [{ field, type, before, after }]
  return spec.fields.flatMap(inner => {
    const [a, b] = [before[inner.name], after[inner.name]]
    if (isAlike(a, b, value => jsonText(valueToJson(inner.type, value)))) return []
    return changedFields(`${field}.${inner.name}`, inner.type, a, b)
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function valueAt(place: RowPlace | null): unknown {
  return place === null ? undefined : valueReader(place.rows.value)(place.row)
}

function placeOf({ before, after }: RowDifference): RowPlace {
  return (before ?? after)!
}
