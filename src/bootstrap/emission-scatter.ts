/**
 * Scatters what an operator emitted in history to the key groups of a later stage, with the schedule place of the record
 * that caused it, so that the next stage folds emissions in the order in which live would have delivered them.
 */
import type { AnyRecord } from '../record/record.ts'
import { compileKey, compileTransforms, userCodeFailed, type Chain } from '../job/stage-input.ts'
import type { StageInput } from '../job/graph.ts'
import type { SchedulePlace } from './history-clock.ts'
import type { InputLayout } from './input-layout.ts'
import { RecordColumns } from './record-columns.ts'
import { pathElement, type ScatteredBatch } from './scattered-batch.ts'

const batchRecords = 65_536

/** What an emission needs to know of the record that caused it. */
export interface Cause {
  readonly place: SchedulePlace
  readonly path: readonly number[]
  readonly time: number | null
  /** For messages. */
  readonly where: string
}

/** One input of a stage that an operator feeds. */
export class EmissionScatter {
  readonly batches: ScatteredBatch[] = []
  readonly #place: { readonly index: number; readonly consumer: number }
  readonly #uid: string
  readonly #layout: InputLayout
  readonly #keyGroups: number
  readonly #chain: Chain
  readonly #keyOf: ReturnType<typeof compileKey>
  #columns: RecordColumns
  #causes: Cause[] = []
  #elements: number[] = []

  /** `consumer`: this input's place among all inputs that the operator feeds. */
  constructor(
    input: StageInput,
    uid: string,
    place: { readonly index: number; readonly consumer: number },
    layout: InputLayout,
    keyGroups: number,
  ) {
    this.#uid = uid
    this.#place = place
    this.#layout = layout
    this.#keyGroups = keyGroups
    this.#chain = compileTransforms(input) ?? ((record, pass) => pass(record))
    this.#keyOf = compileKey(input.key, layout.codec)
    this.#columns = new RecordColumns(layout, keyGroups)
  }

  /** Takes the n-th emission of a record's calls. */
  add(record: AnyRecord, emission: number, cause: Cause): void {
    let output = 0
    try {
      this.#chain(record, mapped => {
        this.#columns.add(mapped, this.#keyOf(mapped), this.#causes.length)
        this.#causes.push(cause)
        this.#elements.push(pathElement(emission, this.#place.consumer, output++))
      })
    } catch (error) {
      throw userCodeFailed(error, `record from operator ${this.#uid}, ${cause.where}`)
    }
    if (this.#causes.length >= batchRecords) this.flush()
  }

  /** Makes a batch of what came since the last one. */
  flush(): void {
    if (this.#causes.length === 0) return
    const { rows, starts, hashes, keys, fields } = this.#columns.scatter()
    const causes = Array.from(rows, row => this.#causes[row] as Cause)
    const timed = causes.some(({ time }) => time !== null)
    this.batches.push({
      input: this.#place.index,
      origin: { source: -1, label: `operator ${this.#uid}`, firstRow: 0, firstRank: 0 },
      length: rows.length,
      starts,
      hashes,
      keys,
      fields,
      rows,
      times: timed ? Float64Array.from(causes, ({ time }) => time ?? NaN) : null,
      partitions: null,
      offsets: null,
      causes: {
        maxima: Float64Array.from(causes, ({ place }) => place.max),
        sources: Int32Array.from(causes, ({ place }) => place.source),
        partitions: Int32Array.from(causes, ({ place }) => place.partition),
        sequences: Float64Array.from(causes, ({ place }) => place.sequence),
      },
      paths: pathLevels(causes, rows, this.#elements),
    })
    this.#columns = new RecordColumns(this.#layout, this.#keyGroups)
    this.#causes = []
    this.#elements = []
  }
}

/** One array a level: the cause's path, then the emission itself. */
function pathLevels(
  causes: readonly Cause[],
  rows: Int32Array,
  elements: readonly number[],
): readonly Float64Array[] {
  const depth = Math.max(...causes.map(({ path }) => path.length)) + 1
  return Array.from({ length: depth }, (_, level) =>
    Float64Array.from(causes, ({ path }, i) => {
      return level < path.length ? path[level]! : level === path.length ? elements[rows[i]!]! : -1
    }),
  )
}
