/**
 * The sinks of a run. What operators emit waits here until the batch that caused it was applied, then goes out in one
 * write a sink, whose slowness holds the run back.
 */
import { internal } from '../errors.ts'
import type { AnyRecord } from '../record/record.ts'
import type { OpenSink, SinkState } from '../sink/sink.ts'
import { settled } from './settled.ts'
import { comparePaths, type RowPath } from './row-path.ts'

class Outlet {
  readonly sink: OpenSink
  readonly #mixed: boolean
  #records: AnyRecord[] = []
  #paths: RowPath[] = []

  constructor(sink: OpenSink, mixed: boolean) {
    this.sink = sink
    this.#mixed = mixed
  }

  push(record: AnyRecord, path: RowPath | null): void {
    this.#records.push(record)
    if (this.#mixed && path !== null) this.#paths.push(path)
  }

  get waiting(): number {
    return this.#records.length
  }

  async flush(): Promise<void> {
    const records = this.#taken()
    if (records.length > 0) await this.sink.write(records)
  }

  #taken(): readonly AnyRecord[] {
    const records = this.#records
    const paths = this.#paths
    this.#records = []
    this.#paths = []
    if (!this.#mixed) return records
    const order = paths
      .map((_, i) => i)
      .sort((a, b) => comparePaths(paths[a] as RowPath, paths[b] as RowPath))
    return order.map(i => records[i] as AnyRecord)
  }
}

/** All sinks of a run, by name. */
export class Outlets {
  readonly #outlets = new Map<string, Outlet>()
  readonly #mixed: ReadonlySet<string>

  /** `mixed`: sinks whose records must be put into the order of their paths. */
  constructor(mixed: ReadonlySet<string>) {
    this.#mixed = mixed
  }

  /** Takes in opened sinks; closing them is the caller's. */
  open(sinks: ReadonlyMap<string, OpenSink>): void {
    for (const [name, sink] of sinks) this.#outlets.set(name, new Outlet(sink, this.#mixed.has(name)))
  }

  push(sink: string, record: AnyRecord, path: RowPath | null): void {
    this.#of(sink).push(record, path)
  }

  /** Writes records that no operator emitted, in this order; before the first batch. */
  async write(sink: string, records: readonly AnyRecord[]): Promise<void> {
    await this.#of(sink).sink.write(records)
  }

  /** Writes out what waits; null when nothing does, so that the caller need not wait. */
  flush(): Promise<unknown> | null {
    const waiting = [...this.#outlets.values()].filter(outlet => outlet.waiting > 0)
    return waiting.length === 0 ? null : settled(waiting.map(outlet => outlet.flush()))
  }

  /** Makes everything written durable and says what a checkpoint must store. `last`: nothing is written after it. */
  async prepare(last: boolean = false): Promise<Record<string, SinkState>> {
    const names = [...this.#outlets.keys()]
    const states = await settled([...this.#outlets.values()].map(({ sink }) => sink.prepare(last)))
    return Object.fromEntries(names.map((name, i) => [name, states[i] as SinkState]))
  }

  /** After the checkpoint that holds the prepared states. */
  async committed(): Promise<void> {
    await settled([...this.#outlets.values()].map(({ sink }) => sink.committed()))
  }

  #of(sink: string): Outlet {
    const outlet = this.#outlets.get(sink)
    if (outlet) return outlet
    throw internal({ code: 'unknown-sink', thing: `sink ${sink}`, expected: 'a sink of the job' })
  }
}
