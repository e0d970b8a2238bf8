/**
 * What is stored of a live job's state: the layers of each state in the store of checkpoints, read by key, and grown by
 * a layer a checkpoint.
 *
 * I1. `operators()` is what a manifest that is committed now may name: every segment of it is whole and durable.
 * I2. A reader sees the layers that were written before it was opened; writing a layer makes the next fetch open anew.
 */
import { graphStates, type GraphOperator } from '../handoff/graph-states.ts'
import type { HandoffPlan } from '../handoff/handoff.ts'
import type { JobGraph } from '../job/graph.ts'
import type { KeySchema } from '../record/key.ts'
import type { CheckpointStore } from '../savepoint/checkpoint-store.ts'
import { isOverlap, isPassed, overlapOperator } from '../savepoint/handoff-facts.ts'
import type { KeyRequest } from '../savepoint/key-requests.ts'
import type { Layer, Manifest, ManifestOperator } from '../savepoint/manifest.ts'
import type { EntryRows, Savepoint, StateTable } from '../savepoint/savepoint.ts'
import { openStateReader, type StateReader } from '../savepoint/state-reader.ts'
import type { StoredEntry } from '../savepoint/stored-entry.ts'
import { settled } from './settled.ts'
import { takeLayer } from './dirty-layer.ts'
import type { StoredEntries } from './live-table.ts'
import type { StageRunner } from './stage-runner.ts'

/** The rows of one state's next layer. */
export interface CapturedLayer {
  readonly stored: StoredState
  readonly rows: EntryRows
}

/** One state in the store. */
export class StoredState implements StoredEntries {
  readonly table: StateTable
  layers: readonly Layer[]
  /** So many of the lowest layers other tasks stand on too: they stay as they are. */
  readonly shared: number
  readonly #state: LiveState
  #reader: StateReader | null = null

  constructor(state: LiveState, table: StateTable, layers: readonly Layer[], shared: number = 0) {
    this.#state = state
    this.table = table
    this.layers = layers
    this.shared = shared
  }

  async fetch(keys: readonly KeyRequest[]): Promise<readonly StoredEntry[]> {
    const { uid, state } = this.table
    this.#reader ??= openStateReader(this.#state.asSavepoint(), uid, state.name)
    return this.#reader.fetch(keys)
  }

  /** Goes on with these layers. */
  async replace(layers: readonly Layer[]): Promise<void> {
    this.layers = layers
    await this.close()
  }

  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = null
    await reader?.close()
  }
}

interface StoredOperator {
  readonly uid: string
  readonly key: KeySchema
  readonly states: readonly StoredState[]
}

/** All states of a job in the store. */
export class LiveState {
  readonly store: CheckpointStore
  readonly #manifest: Manifest
  #operators: readonly StoredOperator[]

  /** `manifest`: what the run begins with, whose segments are in the store. What `plan` does not claim is left behind. `generation`: what the tasks of the job began with, where this is one of several. */
  constructor(
    store: CheckpointStore,
    graph: JobGraph,
    manifest: Manifest,
    plan: HandoffPlan,
    generation: Manifest | null = null,
  ) {
    this.store = store
    this.#manifest = manifest
    this.#operators = [...graphStates(graph), ...overlapStates(manifest, plan, generation !== null)].map(
      ({ uid, key, states }) => ({
        uid,
        key,
        states: states.map(state => {
          const isKept = isOverlap(uid) || isClaimed(plan, uid, state.name)
          const layers = isKept ? layersIn(manifest, uid, state.name) : []
          const shared = generation === null ? [] : layersIn(generation, uid, state.name)
          return new StoredState(this, { uid, state, key }, layers, shared.length)
        }),
      }),
    )
  }

  /** What is stored of a state; null while nothing is. */
  find(uid: string, state: string): StoredState | null {
    const found = this.#named(uid, state)
    return found.layers.length === 0 ? null : found
  }

  get states(): readonly StoredState[] {
    return this.#operators.flatMap(({ states }) => states)
  }

  /** Takes what changed in all stages: synchronous, so it is of one instant. */
  capture(stages: readonly StageRunner[]): readonly CapturedLayer[] {
    return stages.flatMap(({ table }) =>
      table.table.operators.flatMap(({ uid, columns }) =>
        columns.flatMap(column => {
          const stored = this.#named(uid, column.name)
          const rows = takeLayer(table, column, stored.layers.length > 0)
          return rows === null ? [] : [{ stored, rows }]
        }),
      ),
    )
  }

  /** Leaves out of all manifests from now on what is stored under that uid. */
  async leave(uid: string): Promise<void> {
    const left = this.#operators.filter(operator => operator.uid === uid)
    this.#operators = this.#operators.filter(operator => operator.uid !== uid)
    await settled(left.flatMap(({ states }) => states.map(state => state.close())))
  }

  /** Writes captured layers. Errors: `unavailable`. */
  async write(captured: readonly CapturedLayer[]): Promise<void> {
    await settled(captured.map(async layer => this.#write(layer)))
  }

  /** All states with their layers, as manifests name them. */
  operators(): readonly ManifestOperator[] {
    return this.#operators.map(({ uid, key, states }) => ({
      uid,
      key,
      states: states.map(({ table, layers }) => ({ ...table.state, layers })),
    }))
  }

  /** The store as a savepoint of what is written by now. */
  asSavepoint(): Savepoint {
    const { path } = this.store
    return { folder: path, manifestPath: path, manifest: { ...this.#manifest, operators: this.operators() } }
  }

  async close(): Promise<void> {
    await settled(this.states.map(state => state.close()))
  }

  async #write({ stored, rows }: CapturedLayer): Promise<void> {
    const place = stored.layers.length === 0 ? 'base' : 'delta'
    const { openSegment } = await import('../savepoint/segment-writer.ts') // with apache-arrow, which a start can't wait for
    const writer = openSegment(this.store, stored.table, place)
    try {
      writer.append(rows)
      const segment = await writer.finish()
      await stored.replace([...stored.layers, { segments: [segment] }])
    } catch (error) {
      writer.abandon()
      throw error
    }
  }

  #named(uid: string, state: string): StoredState {
    const operator = this.#operators.find(candidate => candidate.uid === uid)
    return operator?.states.find(({ table }) => table.state.name === state) as StoredState
  }
}

/** The ids of overlaps that the run begins in: no operator of the job declares them. A task keeps all, which others may need. */
function overlapStates(
  { operators }: Manifest,
  { sources }: HandoffPlan,
  isTask: boolean,
): readonly GraphOperator[] {
  const open = sources.filter(({ overlap, partitions }) => overlap !== null && !isPassed(overlap, partitions))
  const uids = new Set(open.map(({ source }) => overlapOperator(source)))
  return operators.flatMap(({ uid, key, states }) => {
    if (!(isTask ? isOverlap(uid) : uids.has(uid))) return []
    return [{ uid, key, states: states.map(({ name, kind, type }) => ({ name, kind, type })) }]
  })
}

function isClaimed({ states }: HandoffPlan, uid: string, name: string): boolean {
  return states.some(
    ({ uid: owner, state, action }) => owner === uid && state === name && action === 'claimed',
  )
}

function layersIn(manifest: Manifest, uid: string, state: string): readonly Layer[] {
  const operator = manifest.operators.find(candidate => candidate.uid === uid)
  return operator?.states.find(({ name }) => name === state)?.layers ?? []
}
