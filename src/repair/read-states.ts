/** Scans of states that are counted on the way, and of which the progress is told. */
import { storedState } from '../savepoint/find-state.ts'
import type { EntryCount, Manifest, ManifestOperator, ManifestState } from '../savepoint/manifest.ts'
import type { EntryRows, Savepoint, StateTable } from '../savepoint/savepoint.ts'
import { scanState } from '../savepoint/scan.ts'
import { EntryCounter } from './entry-counter.ts'
import type { RepairOptions } from './repair.ts'

/** A state of a savepoint, as it is read. */
export interface ReadState {
  readonly table: StateTable
  readonly rows: () => AsyncGenerator<EntryRows>
  /** Known when all rows were read. */
  readonly counts: () => EntryCount
}

/** How much a state has that is read for nothing else. */
export async function countState({ rows, counts }: ReadState): Promise<EntryCount> {
  for await (const _ of rows()) continue // the counter sees them
  return counts()
}

/** All states with their operators, in the manifest's order. */
export function statesOf({
  operators,
}: Manifest): readonly { readonly operator: ManifestOperator; readonly state: ManifestState }[] {
  return operators.flatMap(operator => operator.states.map(state => ({ operator, state })))
}

/** Tells how far all reading together is. */
export class ReadingProgress {
  readonly #total: number
  readonly #tell: RepairOptions['onProgress']
  #done = 0

  constructor(manifests: readonly Manifest[], tell: RepairOptions['onProgress']) {
    this.#tell = tell
    this.#total = manifests
      .flatMap(manifest => statesOf(manifest).flatMap(({ state }) => state.layers))
      .flatMap(layer => layer.segments)
      .reduce((sum, { rows }) => sum + rows, 0)
  }

  /** A state that is read under it. */
  read(savepoint: Savepoint, operator: ManifestOperator, state: ManifestState): ReadState {
    const { table } = storedState(operator, state)
    const counter = new EntryCounter(state.kind)
    const path = `${table.uid}/${state.name}`
    return {
      table,
      rows: () => this.#counted(scanState(savepoint, table.uid, state.name), counter, path),
      counts: () => counter.counts(),
    }
  }

  async *#counted(
    pieces: AsyncIterable<EntryRows>,
    counter: EntryCounter,
    state: string,
  ): AsyncGenerator<EntryRows> {
    for await (const rows of pieces) {
      counter.add(rows)
      yield rows
      this.#done += rows.length
      // Layers hold more rows than what they fold to.
      this.#tell?.({ state, done: Math.min(this.#done, this.#total), total: this.#total })
    }
  }
}
