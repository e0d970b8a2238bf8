/** Some rows of a state: those of a condition, of keys that begin alike, of a sample of keys, and not more than a limit. */
import { hashKeys } from '../codec/key-columns.ts'
import { layoutOf } from '../codec/layout.ts'
import { invalid } from '../errors.ts'
import { keyCodec, type KeyCodec } from '../record/key.ts'
import { typeName } from '../record/type.ts'
import { gatherRows, sliceRows } from './entry-rows.ts'
import { findState } from './find-state.ts'
import { entryFields, namedColumns } from './named-columns.ts'
import { keyMark, SmallestMarks } from './sample.ts'
import { scanState, type ScanOptions } from './scan.ts'
import type { EntryRows, Savepoint, StateTable } from './savepoint.ts'
import { rowCondition, type RowCondition, type RowTest } from './where/where.ts'

/** Which rows. */
export interface SelectOptions extends ScanOptions {
  /** A condition on the columns: `total > 100 and country = 'Norway'` (where.ts has the language). */
  readonly where?: string | undefined
  /** Only keys whose first field, a text, begins so. */
  readonly keyPrefix?: string | undefined
  /**
   * All rows of so many keys, picked by a hash of the key: the same keys every time and in every state, and a larger
   * sample holds the smaller one. Reads the state twice.
   */
  readonly sample?: number | undefined
  /** At most so many rows. */
  readonly limit?: number | undefined
}

/**
 * The rows in the order of the state, in pieces. Errors: `invalid`, codes `unknown-state`, `bad-where`, `bad-key-prefix`; those
 * of `scanState`.
 */
export async function* selectRows(
  savepoint: Savepoint,
  uid: string,
  state: string,
  options: SelectOptions = {},
): AsyncGenerator<EntryRows> {
  const { table } = findState(savepoint, uid, state)
  const selection = new Selection(table, options)
  const scan = (): AsyncGenerator<EntryRows> => scanState(savepoint, uid, state, options)
  if (options.sample !== undefined) await selection.drawSample(scan(), options.sample)
  let left = options.limit ?? Infinity
  if (left === 0) return
  for await (const rows of scan()) {
    const selected = selection.of(rows)
    if (selected.length === 0) continue
    yield sliceRows(selected, 0, Math.min(left, selected.length))
    left -= selected.length
    if (left <= 0) return
  }
}

/** Of given entries those of the condition and the prefix, in pieces. Errors: `invalid`, codes `bad-where`, `bad-key-prefix`. */
export async function* selectedOf(
  table: StateTable,
  pieces: AsyncIterable<EntryRows>,
  { where, keyPrefix }: Pick<SelectOptions, 'where' | 'keyPrefix'>,
): AsyncGenerator<EntryRows> {
  const selection = new Selection(table, { where, keyPrefix })
  for await (const rows of pieces) yield selection.of(rows)
}

class Selection {
  readonly #table: StateTable
  readonly #codec: KeyCodec
  readonly #condition: RowCondition | null
  readonly #prefix: Uint8Array | null
  #sampleEnd = Infinity

  constructor(table: StateTable, { where, keyPrefix }: SelectOptions) {
    this.#table = table
    this.#codec = keyCodec(table.key)
    this.#condition = where === undefined ? null : rowCondition(where, entryFields(table))
    this.#prefix = keyPrefix === undefined ? null : prefixBytes(table, keyPrefix)
  }

  /** From now on only rows of the sampled keys are selected. */
  async drawSample(pieces: AsyncIterable<EntryRows>, keys: number): Promise<void> {
    const smallest = new SmallestMarks(keys)
    for await (const piece of pieces) {
      const rows = this.of(piece)
      for (const hash of this.#hashes(rows)) smallest.offer(keyMark(hash))
    }
    this.#sampleEnd = smallest.end()
  }

  of(rows: EntryRows): EntryRows {
    const tests = this.#tests(rows)
    if (tests.length === 0) return rows
    const picked = new Int32Array(rows.length)
    let count = 0
    for (let row = 0; row < rows.length; row++) if (tests.every(test => test(row))) picked[count++] = row
    if (count === rows.length) return rows
    return gatherRows(rows, picked.slice(0, count))
  }

  #tests(rows: EntryRows): readonly RowTest[] {
    const tests: RowTest[] = []
    if (this.#prefix !== null) tests.push(beginsWith(rows, this.#prefix))
    if (this.#sampleEnd < Infinity) {
      const hashes = this.#hashes(rows)
      tests.push(row => keyMark(hashes[row]!) < this.#sampleEnd)
    }
    if (this.#condition !== null) tests.push(this.#condition.test(namedColumns(this.#table, rows)))
    return tests
  }

  #hashes(rows: EntryRows): Int32Array {
    const hashes = new Int32Array(rows.length)
    hashKeys(this.#codec, rows.keys, hashes)
    return hashes
  }
}

function prefixBytes({ key }: StateTable, prefix: string): Uint8Array {
  const { name, type } = key.fields[0]!
  if (layoutOf(type) === 'text') return Buffer.from(prefix)
  throw invalid({
    code: 'bad-key-prefix',
    thing: `key field '${name}'`,
    expected: 'a text',
    found: typeName(type),
    remedy: 'select by a condition on the key instead',
  })
}

function beginsWith({ keys }: EntryRows, prefix: Uint8Array): RowTest {
  const offsets = keys[0]!.offsets!
  const bytes = keys[0]!.values as Uint8Array
  return row => {
    const start = offsets[row]!
    if (offsets[row + 1]! - start < prefix.length) return false
    for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false
    return true
  }
}
