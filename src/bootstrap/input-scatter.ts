/**
 * Scatters a source's batches to the key groups of one stage input. Where keys are columns and nothing maps the
 * records, no JavaScript value is made: keys are hashed from their bytes and columns are permuted.
 */
import { hashKeys } from '../codec/key-columns.ts'
import { recordReader } from '../codec/row-records.ts'
import { inverse, scatter, scatterDoubles, scatterInts } from '../codec/scatter.ts'
import { HeadwaterError } from '../errors.ts'
import type { Column } from '../record/column.ts'
import type { AnyRecord } from '../record/record.ts'
import { required } from '../record/type.ts'
import { compileKey, compileTransforms, userCodeFailed, type Chain } from '../job/stage-input.ts'
import type { StageInput } from '../job/graph.ts'
import type { InputLayout } from './input-layout.ts'
import { RecordColumns } from './record-columns.ts'
import { orderByGroup, pathElement, type ScatteredBatch } from './scattered-batch.ts'
import { whereRow, type SourceBatch } from './source-batch.ts'

/** Told of a row that can't be used because of its key; it stops the run or counts. */
export type RefuseRow = (batch: SourceBatch, row: number, error: HeadwaterError) => void

/** One input of a stage that a source feeds. */
export class InputScatter {
  readonly #input: StageInput
  readonly #index: number
  readonly #consumer: number
  readonly #layout: InputLayout
  readonly #keyGroups: number
  readonly refuse: RefuseRow
  readonly #chain: Chain | null
  readonly #filterOnly: boolean
  readonly #keyNames: readonly string[] | null
  readonly batches: ScatteredBatch[] = []

  /** `consumer`: this input's place among all inputs that the source feeds. */
  constructor(
    input: StageInput,
    place: { readonly index: number; readonly consumer: number },
    layout: InputLayout,
    keyGroups: number,
    refuse: RefuseRow,
  ) {
    this.#input = input
    this.#index = place.index
    this.#consumer = place.consumer
    this.#layout = layout
    this.#keyGroups = keyGroups
    this.refuse = refuse
    this.#chain = compileTransforms(input)
    this.#filterOnly = input.transforms.every(transform => transform.kind === 'filter')
    this.#keyNames = input.key.kind === 'fields' ? input.key.names : null
  }

  /** Takes one batch of the source. */
  accept(batch: SourceBatch): void {
    if (this.#keyNames !== null && this.#filterOnly) this.#scatterColumns(batch, this.#keyNames)
    else this.#scatterRecords(batch)
  }

  #scatterColumns(batch: SourceBatch, keyNames: readonly string[]): void {
    const filtered = this.#chain === null ? batch.kept : this.#filter(batch, this.#chain)
    const keys = keyNames.map(name => batch.columns.get(name) as Column)
    const hashes = new Int32Array(batch.length)
    const nullKeys = hashKeys(this.#layout.codec, keys, hashes).rows
    const kept = nullKeys.length === 0 ? filtered : this.#withoutNullKeys(batch, filtered, nullKeys)
    const { to, starts } = orderByGroup(hashes, kept, batch.length, this.#keyGroups)
    const { length } = to.places
    this.batches.push({
      input: this.#index,
      origin: batch.origin,
      length,
      starts,
      hashes: scatterInts(hashes, to),
      keys: keys.map(column => keyColumn(scatter(column, to))),
      fields: this.#layout.carried.map(({ name }) => scatter(batch.columns.get(name) as Column, to)),
      rows: inverse(to),
      times: batch.times && scatterDoubles(batch.times, to),
      partitions: batch.partitions && scatterInts(batch.partitions, to),
      offsets: batch.offsets && scatterDoubles(batch.offsets, to),
      causes: null,
      paths: this.#consumer === 0 ? [] : [this.#samePath(length)],
    })
  }

  #samePath(length: number): Float64Array {
    return new Float64Array(length).fill(pathElement(0, this.#consumer, 0))
  }

  #filter(batch: SourceBatch, chain: Chain): Int32Array {
    const kept: number[] = []
    const record = recordReader([...this.#recordFields(batch)], [...batch.columns.values()])
    eachRow(batch, row => {
      this.#guarded(batch, row, () => chain(record(row), () => kept.push(row)))
    })
    return Int32Array.from(kept)
  }

  #recordFields(batch: SourceBatch): Iterable<{ name: string; type: Column['type'] }> {
    return [...batch.columns].map(([name, column]) => ({ name, type: column.type }))
  }

  #withoutNullKeys(batch: SourceBatch, kept: Int32Array | null, nullKeys: readonly number[]): Int32Array {
    const dropped = new Set(nullKeys)
    const rest: number[] = []
    const count = kept === null ? batch.length : kept.length
    for (let i = 0; i < count; i++) {
      const row = kept === null ? i : (kept[i] as number)
      if (dropped.has(row)) this.#refuseNullKey(batch, row)
      else rest.push(row)
    }
    return Int32Array.from(rest)
  }

  #refuseNullKey(batch: SourceBatch, row: number): void {
    const names = (this.#keyNames ?? ['key']).join(', ')
    const parts = {
      code: 'null-key',
      thing: whereRow(batch.origin, row),
      expected: `a key in ${names}`,
      found: 'null',
      remedy: `filter such records out, or declare badRecords: 'skip' or 'keep' for the source`,
    }
    this.refuse(batch, row, new HeadwaterError('data', parts))
  }

  #scatterRecords(batch: SourceBatch): void {
    const columns = new RecordColumns(this.#layout, this.#keyGroups)
    const keyOf = compileKey(this.#input.key, this.#layout.codec)
    const record = recordReader([...this.#recordFields(batch)], [...batch.columns.values()])
    const chain: Chain = this.#chain ?? ((same, pass) => pass(same))
    const paths: number[] = []
    let output = 0
    const add = (row: number, mapped: AnyRecord): void => {
      const element = pathElement(0, this.#consumer, output++)
      const key = this.#guarded(batch, row, () => keyOf(mapped))
      if (key === undefined) return
      columns.add(mapped, key, row)
      paths.push(element)
    }
    eachRow(batch, row => {
      output = 0
      this.#guarded(batch, row, () => chain(record(row), mapped => add(row, mapped)))
    })
    this.batches.push(this.#fromRecords(batch, columns, paths))
  }

  #fromRecords(batch: SourceBatch, columns: RecordColumns, paths: readonly number[]): ScatteredBatch {
    const { rows, order, starts, hashes, keys, fields } = columns.scatter()
    const path = Float64Array.from(order, i => paths[i] as number)
    return {
      input: this.#index,
      origin: batch.origin,
      length: rows.length,
      starts,
      hashes,
      keys,
      fields,
      rows,
      times: batch.times && pickDoubles(batch.times, rows),
      partitions: batch.partitions && pickInts(batch.partitions, rows),
      offsets: batch.offsets && pickDoubles(batch.offsets, rows),
      causes: null,
      paths: [path],
    }
  }

  /** Runs user code for a row: a null or ill-formed key is a bad record, anything else stops the run by name. */
  #guarded<T>(batch: SourceBatch, row: number, run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      const named = userCodeFailed(error, whereRow(batch.origin, row))
      if (named.kind !== 'data') throw named
      this.refuse(batch, row, named)
      return undefined
    }
  }
}

/** A key's column: without its nulls, which were left out. */
function keyColumn(column: Column): Column {
  return { ...column, type: required(column.type), validity: null }
}

/** Calls back for each row that counts, in order. */
function eachRow(batch: SourceBatch, visit: (row: number) => void): void {
  if (batch.kept !== null) return batch.kept.forEach(row => visit(row))
  for (let row = 0; row < batch.length; row++) visit(row)
}

function pickInts(values: Int32Array, rows: Int32Array): Int32Array {
  const picked = new Int32Array(rows.length)
  for (let i = 0; i < rows.length; i++) picked[i] = values[rows[i] as number] as number
  return picked
}

function pickDoubles(values: Float64Array, rows: Int32Array): Float64Array {
  const picked = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) picked[i] = values[rows[i] as number] as number
  return picked
}
