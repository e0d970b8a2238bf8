/**
 * Hands records on, inside one batch: from a source or an operator to the stages and sinks that take them. Rows wait in
 * the buffer of their stage until it is applied; nothing here awaits, and nothing here touches state.
 */
import { userCodeFailed } from '../job/stage-input.ts'
import type { Deliver } from '../operator/step.ts'
import type { Key } from '../record/key.ts'
import type { AnyRecord } from '../record/record.ts'
import type { Consumer, Flow, OperatorRoutes } from './flow.ts'
import type { Outlets } from './outlets.ts'
import type { Origins } from './origins.ts'
import type { RowBuffer } from './row-buffer.ts'
import type { RowPath } from './row-path.ts'

/** Told what is wrong with the key of one output. */
export type RefuseOutput = (error: unknown) => void

/** All ways between the stages of a job. */
export class Delivery {
  readonly #flow: Flow
  readonly #buffers: readonly RowBuffer[]
  readonly #outlets: Outlets
  readonly #origins: Origins
  readonly #pass: (record: AnyRecord) => void
  #consumer: Consumer = undefined as never // set by `feed` before anything is passed
  #ordinal = 0
  #path: RowPath | null = null
  #output = 0
  #refuse: RefuseOutput | null = null
  /** Records emitted by operators since the run began. */
  emitted = 0

  /** `buffers`: one a stage. */
  constructor(flow: Flow, buffers: readonly RowBuffer[], outlets: Outlets, origins: Origins) {
    this.#flow = flow
    this.#buffers = buffers
    this.#outlets = outlets
    this.#origins = origins
    this.#pass = record => this.#push(record)
  }

  /**
   * Gives a source's record to a stage that takes it. What becomes of it without a usable key is left out, and `refuse`
   * is told; the rest goes on. Errors: `data` for a field that is none; those of user code.
   */
  fromSource(consumer: Consumer, record: AnyRecord, ordinal: number, refuse: RefuseOutput): void {
    this.#refuse = refuse
    this.#feed(consumer, record, ordinal, this.#flow.paths ? [ordinal] : null)
  }

  /** What `Step` calls with the emissions of a stage's operators. */
  deliverOf(stage: number): Deliver {
    const buffer = this.#buffers[stage] as RowBuffer
    const routes = (this.#flow.stages[stage] as Flow['stages'][number]).routes
    return (operator, emitted, _, row) => {
      this.emitted += emitted.length
      const path = this.#flow.paths ? (buffer.paths[row] as RowPath) : null
      const ordinal = buffer.ordinals[row] as number
      for (let i = 0; i < emitted.length; i++) {
        const below = path === null ? null : [...path, operator, i]
        this.#emission(routes[operator] as OperatorRoutes, emitted[i] as AnyRecord, ordinal, below)
      }
    }
  }

  #emission(routes: OperatorRoutes, record: AnyRecord, ordinal: number, path: RowPath | null): void {
    for (const sink of routes.sinks) this.#outlets.push(sink, record, path)
    if (routes.consumers.length === 0) return
    this.#refuse = null
    try {
      for (const consumer of routes.consumers) this.#feed(consumer, record, ordinal, path)
    } catch (error) {
      throw userCodeFailed(error, `emission of operator ${routes.uid}, ${this.#origins.where(ordinal)}`)
    }
  }

  #feed(consumer: Consumer, record: AnyRecord, ordinal: number, path: RowPath | null): void {
    this.#consumer = consumer
    this.#ordinal = ordinal
    this.#path = path
    this.#output = 0
    if (consumer.transforms === null) this.#push(record)
    else consumer.transforms(record, this.#pass)
  }

  #push(record: AnyRecord): void {
    const { stage, place, keyOf } = this.#consumer
    const output = this.#output++
    let key: Key
    try {
      key = keyOf(record)
    } catch (error) {
      if (this.#refuse === null) throw error
      return this.#refuse(error)
    }
    const path = this.#path === null ? null : [...this.#path, place, output]
    ;(this.#buffers[stage] as RowBuffer).push(record, key, this.#ordinal, path)
  }
}
