/**
 * Applies one stage's waiting rows (L1: through the same `Step` as in history). Stages are applied one after another
 * over a batch: each sees its rows in depth-first order, so its state comes out as if every record went through all
 * stages before the next, and the keys of what a stage emitted can be fetched together before the next is applied.
 */
import { Step, type Deliver } from '../operator/step.ts'
import type { StageFlow } from './flow.ts'
import type { LiveTable } from './live-table.ts'
import type { RowBuffer } from './row-buffer.ts'

/** One stage while a job runs. */
export class StageRunner {
  readonly flow: StageFlow
  readonly table: LiveTable
  readonly rows: RowBuffer
  readonly #step: Step

  constructor(flow: StageFlow, table: LiveTable, rows: RowBuffer, deliver: Deliver) {
    this.flow = flow
    this.table = table
    this.rows = rows
    this.#step = new Step(flow.stage.operators, table.table, deliver)
  }

  /** Applies what waits. Returns a promise only when entries have to be read first. */
  apply(): Promise<void> | null {
    const { rows } = this
    if (rows.length === 0) return null
    if (this.flow.mixed) rows.sort()
    const loading = this.table.place(rows)
    if (loading !== null) return loading.then(() => this.#applyPlaced())
    this.#applyPlaced()
    return null
  }

  #applyPlaced(): void {
    const { rows } = this
    this.#step.apply(rows, 0, rows.length)
    rows.clear()
  }
}
