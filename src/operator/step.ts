/**
 * L1, one step: every record reaches the operators of a stage through `Step`, in history and live. A step takes a batch
 * of keyed rows and a range of them; who made the rows, and where emissions go, it cannot tell (L2).
 *
 * I1. Before an operator is called the stage's focus is on the record's key.
 * I2. A call that throws leaves neither a write nor an emission behind.
 * I3. What is emitted is taken at that moment: nothing the operator does later changes it.
 * I4. What a call emitted is delivered before the next operator, and the next record, is handed out.
 */
import type { HeadwaterError } from '../errors.ts'
import { invalid, messageOf } from '../errors.ts'
import type { EventTime, Watermark } from '../record/event-time.ts'
import type { Key } from '../record/key.ts'
import { fieldsOf, type AnyRecord, type Field } from '../record/record.ts'
import { checkValue, storedValue } from '../record/value.ts'
import type { KeyTable, OperatorState } from '../state/key-table.ts'
import type { AnyOperator, Out } from './operator.ts'

/** Rows whose keys have slots in the stage's key table. */
export interface KeyedRows {
  record(row: number): AnyRecord
  key(row: number): Key
  slot(row: number): number
  time(row: number): EventTime | null
  /** The clock of the row's key before the row. */
  watermark(row: number): Watermark
  /** Source and position, for messages: `purchases partition 2 offset 17`. */
  where(row: number): string
}

/** Takes what an operator (by its index in the stage) emitted for a row, in order. */
export type Deliver = (operator: number, emitted: readonly AnyRecord[], rows: KeyedRows, row: number) => void

interface BoundOperator {
  readonly state: OperatorState
  readonly onRecord: (record: AnyRecord, state: unknown, out: Out) => unknown
  readonly emits: readonly Field[] | null
}

/** The operators of one stage over their key table. */
export class Step {
  readonly #table: KeyTable
  readonly #operators: readonly BoundOperator[]
  readonly #deliver: Deliver | null
  readonly #out: CallOut

  /** `deliver` null: what is emitted is checked and dropped, as at the end of history's road (L9). */
  constructor(operators: readonly AnyOperator[], table: KeyTable, deliver: Deliver | null) {
    this.#table = table
    this.#deliver = deliver
    this.#out = new CallOut(deliver === null)
    this.#operators = operators.map((operator, i) => bind(operator, table.operators[i] as OperatorState))
  }

  /** Applies rows [from, to) in order. Throws `invalid`, code `operator-failed`, when an operator does. */
  apply(rows: KeyedRows, from: number, to: number): void {
    const { focus } = this.#table
    const operators = this.#operators
    this.#out.rows = rows
    for (let row = from; row < to; row++) {
      focus.slot = rows.slot(row)
      this.#out.row = row
      const record = rows.record(row)
      for (let i = 0; i < operators.length; i++) this.#call(operators[i] as BoundOperator, i, record)
    }
  }

  #call(operator: BoundOperator, index: number, record: AnyRecord): void {
    const out = this.#out
    this.#table.focus.call++
    out.emits = operator.emits
    try {
      const result = operator.onRecord(record, operator.state.handles, out)
      if (result !== undefined) refuseAsync(result)
    } catch (error) {
      throw this.#undone(operator, error)
    }
    if (out.emitted.length > 0) this.#hand(index)
  }

  #hand(operator: number): void {
    const out = this.#out
    const { emitted } = out
    out.emitted = []
    this.#deliver?.(operator, emitted, out.rows, out.row)
  }

  #undone({ state }: BoundOperator, cause: unknown): HeadwaterError {
    const { rows, row } = this.#out
    for (const column of state.columns) column.undo(this.#table.focus.slot)
    this.#out.emitted = []
    const key = JSON.stringify(rows.key(row), (_, part: unknown) =>
      typeof part === 'bigint' ? `${part}` : part,
    )
    return invalid({
      code: 'operator-failed',
      thing: `operator ${state.uid}, key ${key}, ${rows.where(row)}`,
      found: messageOf(cause),
      remedy:
        'what this call wrote and emitted is undone; fix the operator, or filter such records out, and run again',
      cause,
    })
  }
}

/** One object for all calls; `emits` is of the operator being called. */
class CallOut implements Out {
  rows: KeyedRows = undefined as never // set by `apply` before any operator is called
  row = 0
  emits: readonly Field[] | null = null
  emitted: AnyRecord[] = []
  readonly #muted: boolean

  constructor(muted: boolean) {
    this.#muted = muted
  }

  get key(): Key {
    return this.rows.key(this.row)
  }

  get time(): EventTime | null {
    return this.rows.time(this.row)
  }

  get watermark(): Watermark {
    return this.rows.watermark(this.row)
  }

  emit(record: AnyRecord): void {
    if (this.emits !== null) checkRecord(record, this.emits)
    if (!this.#muted) this.emitted.push(this.emits === null ? copied(record) : stored(record, this.emits))
  }
}

function checkRecord(record: AnyRecord, fields: readonly Field[]): void {
  for (const { name, type } of fields) checkValue(type, record[name], `emitted field '${name}'`)
}

/** The record in the form in which a column would give it back; the operator may go on with its own. */
function stored(record: AnyRecord, fields: readonly Field[]): AnyRecord {
  const own: Record<string, unknown> = {}
  for (const { name, type } of fields) own[name] = storedValue(type, record[name])
  return own
}

/** What is no plain object is left as it is, for the sink to refuse. */
function copied(record: AnyRecord): AnyRecord {
  const prototype: unknown = Object.getPrototypeOf(record ?? [])
  return prototype === Object.prototype || prototype === null ? { ...record } : record
}

function bind(operator: AnyOperator, state: OperatorState): BoundOperator {
  const onRecord = operator.onRecord as BoundOperator['onRecord']
  return { state, onRecord, emits: operator.emits && fieldsOf(operator.emits) }
}

/** An async operator would run after its key has left the focus. */
function refuseAsync(result: unknown): void {
  if (typeof result !== 'object' || result === null || !('then' in result)) return
  void Promise.resolve(result as PromiseLike<unknown>).catch(() => undefined)
  throw invalid({
    code: 'async-operator',
    thing: 'onRecord',
    expected: 'a synchronous function',
    found: 'a promise',
  })
}
