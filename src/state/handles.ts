/** The handles of the state kinds: a state column seen through the stage's focus. */
import { ColumnMap } from './map-handle.ts'
import { dirty, present, replaced, shared, type StateColumn } from './state-column.ts'
import type { AggregatingHandle, ListHandle, ReducingHandle, ValueHandle } from './state.ts'

/** The handle that an operator is given for a column. */
export function handleOf(column: StateColumn): unknown {
  switch (column.kind) {
    case 'value':
      return new ColumnValue(column)
    case 'reducing':
      return new ColumnReducing(column)
    case 'list':
      return new ColumnList(column)
    case 'map':
      return new ColumnMap(column)
    case 'aggregating':
      return new ColumnAggregating(column)
  }
}

class ColumnValue implements ValueHandle<unknown, unknown> {
  readonly #column: StateColumn

  constructor(column: StateColumn) {
    this.#column = column
  }

  get(): unknown {
    return current(this.#column)
  }

  set(value: unknown): void {
    store(this.#column, this.#column.owned(value))
  }

  clear(): void {
    remove(this.#column)
  }
}

class ColumnReducing implements ReducingHandle<unknown, unknown> {
  readonly #column: StateColumn

  constructor(column: StateColumn) {
    this.#column = column
  }

  get(): unknown {
    return current(this.#column)
  }

  add(value: unknown): void {
    const column = this.#column
    const next = column.owned(value)
    const total = current(column)
    store(column, total === undefined ? next : column.owned(column.reduce?.(total as never, next as never)))
  }

  clear(): void {
    remove(this.#column)
  }
}

class ColumnAggregating implements AggregatingHandle<unknown, unknown> {
  readonly #column: StateColumn

  constructor(column: StateColumn) {
    this.#column = column
  }

  get(): unknown {
    return this.#column.result?.(current(this.#column) as never)
  }

  add(input: unknown): void {
    const column = this.#column
    store(column, column.owned(column.reduce?.(current(column) as never, input as never)))
  }

  clear(): void {
    remove(this.#column)
  }
}

class ColumnList implements ListHandle<unknown> {
  readonly #column: StateColumn

  constructor(column: StateColumn) {
    this.#column = column
  }

  get length(): number {
    const { values, flags, focus } = this.#column
    return ((flags[focus.slot] as number) & present) === 0 ? 0 : (values[focus.slot] as unknown[]).length
  }

  /** The array itself, which is not written any more from then on: what was emitted with it stays as it is. */
  get(): readonly unknown[] {
    const { values, flags, focus, copies } = this.#column
    const flag = flags[focus.slot] as number
    if ((flag & present) === 0) return []
    const elements = values[focus.slot] as unknown[]
    if (copies) return elements.map(element => this.#column.given(element))
    flags[focus.slot] = flag | shared
    return elements
  }

  add(element: unknown): void {
    const column = this.#column
    const { slot } = column.focus
    const owned = column.owned(element)
    column.willWrite(slot)
    const flags = column.flags[slot] as number
    if ((flags & present) === 0) column.values[slot] = [owned]
    else if ((flags & shared) !== 0) column.values[slot] = [...(column.values[slot] as unknown[]), owned]
    else (column.values[slot] as unknown[]).push(owned)
    column.flags[slot] = (flags & ~shared) | present | dirty
  }

  set(elements: readonly unknown[]): void {
    const column = this.#column
    const owned = elements.map(element => column.owned(element))
    this.clear()
    if (owned.length === 0) return
    column.values[column.focus.slot] = owned
    column.flags[column.focus.slot] = present | dirty | replaced
  }

  clear(): void {
    const column = this.#column
    const { slot } = column.focus
    column.willWrite(slot)
    column.values[slot] = undefined
    column.storedCounts[slot] = 0
    column.flags[slot] = dirty | replaced
  }
}

function current(column: StateColumn): unknown {
  const { values, flags, focus, initial } = column
  return column.given(((flags[focus.slot] as number) & present) === 0 ? initial : values[focus.slot])
}

function store(column: StateColumn, owned: unknown): void {
  const { slot } = column.focus
  column.willWrite(slot)
  column.values[slot] = owned
  column.flags[slot] = present | dirty
}

function remove(column: StateColumn): void {
  const { slot } = column.focus
  column.willWrite(slot)
  column.flags[slot] = dirty
}
