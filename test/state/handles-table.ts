/** A key table of one operator with the given state, and how a call focuses on a key. */
import { KeyTable } from '../../src/state/key-table.ts'
import type { StateDeclarations } from '../../src/state/state.ts'

export function tableOf<S extends StateDeclarations>(state: S) {
  const table = new KeyTable([{ uid: 'op', state }])
  const { columns, handles } = table.operators[0]!
  const focus = (slot: number): void => {
    table.focus.slot = slot
    table.focus.call++
  }
  return { table, columns, handles: handles as Record<keyof S, unknown>, focus }
}
