/**
 * The resident keys of one stage: the state columns of all its operators under one focus. Who assigns slots to keys is
 * the driver's business: the fold by hash, the live run by a table of the keys in use.
 */
import type { Focus } from './focus.ts'
import { handleOf } from './handles.ts'
import { StateColumn } from './state-column.ts'
import type { StateDeclarations } from './state.ts'

/** The columns and handles of one operator. */
export interface OperatorState {
  readonly uid: string
  readonly columns: readonly StateColumn[]
  /** By state name, as `onRecord` takes them. */
  readonly handles: Readonly<Record<string, unknown>>
}

/** All state of a stage's resident keys. */
export class KeyTable {
  readonly focus: Focus = { slot: -1, call: 0 }
  readonly operators: readonly OperatorState[]
  readonly #columns: readonly StateColumn[]
  #slots = 0

  constructor(operators: readonly { readonly uid: string; readonly state: StateDeclarations }[]) {
    this.operators = operators.map(({ uid, state }) => operatorState(uid, state, this.focus))
    this.#columns = this.operators.flatMap(operator => operator.columns)
  }

  /** How many slots there are, free ones included. */
  get slots(): number {
    return this.#slots
  }

  /** A new slot, without entries. */
  addSlot(): number {
    const slot = this.#slots++
    this.clearSlot(slot)
    return slot
  }

  /** Forgets the key in that slot, for reuse. */
  clearSlot(slot: number): void {
    for (const column of this.#columns) column.clearSlot(slot)
  }

  /** Forgets all keys; the room that they took is used again. */
  reset(): void {
    for (const column of this.#columns) column.clearDirty()
    this.#slots = 0
  }
}

function operatorState(uid: string, state: StateDeclarations, focus: Focus): OperatorState {
  const columns = Object.entries(state).map(
    ([name, declaration]) => new StateColumn(name, declaration, focus),
  )
  const handles = Object.fromEntries(columns.map(column => [column.name, handleOf(column)]))
  return { uid, columns, handles }
}
