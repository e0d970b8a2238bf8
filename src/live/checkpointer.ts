/**
 * Makes checkpoints: state, clocks, positions and sinks of one instant in one commit (L3, L4). The instant lies between
 * two batches and lasts until the commit: the run stands still meanwhile. Where the run has transactions, the one that holds
 * the outputs since the last checkpoint is the commit (TRANSACTIONS.md).
 */
import type { HandoffPlan } from '../handoff/handoff.ts'
import type { Clock } from '../clock.ts'
import type { CheckpointStore } from '../savepoint/checkpoint-store.ts'
import { rootDigest, stateHasher } from '../savepoint/digest.ts'
import { foldLayers } from '../savepoint/fold.ts'
import { overlapOperator } from '../savepoint/handoff-facts.ts'
import type { Manifest, ManifestDraft, ManifestKind } from '../savepoint/manifest.ts'
import type { Retention } from '../savepoint/retention.ts'
import type { SinkState } from '../sink/sink.ts'
import type { OpenTransactions } from '../sink/transaction.ts'
import { writeKept } from './kept-bad-records.ts'
import { LayerMerger } from './layer-merger.ts'
import type { LiveJob } from './live-job.ts'
import type { LiveState } from './live-state.ts'
import { liveProgress, type LiveProgress, type RunIdentity } from './manifest-draft.ts'
import type { Outlets } from './outlets.ts'
import type { Positions } from './positions.ts'
import type { RequestWatch } from './request-watch.ts'
import type { Warnings } from './warnings.ts'

/** What checkpoints are taken of. */
export interface CheckpointParts {
  readonly store: CheckpointStore
  readonly job: LiveJob
  readonly state: LiveState
  readonly positions: Positions
  readonly outlets: Outlets
  readonly plan: HandoffPlan
  readonly identity: RunIdentity
  /** What the run began with. */
  readonly origin: Manifest
  readonly maxResidentKeys: number
  /** Which checkpoints stay. */
  readonly retention: Retention
  readonly warnings: Warnings
  /** What this run is asked for: answered by the next manifest. */
  readonly requests: RequestWatch
  readonly clock: Clock
}

/** What a manifest says of its instant, beside state and sinks. */
type Progress = LiveProgress & Pick<ManifestDraft, 'answers' | 'emitting'>

/** Commits the manifests of one run, one after the other. */
export class Checkpointer {
  readonly #parts: CheckpointParts
  readonly #merger: LayerMerger
  #retiring: Promise<unknown> | null = null
  #transactions: OpenTransactions | null = null

  constructor(parts: CheckpointParts) {
    this.#parts = parts
    this.#merger = new LayerMerger(parts.state, parts.job.graph.keyGroups, parts.warnings)
  }

  /** The run's first manifest: the plan, and the state as it was found. It fences a former owner. */
  async start(
    sinks: Readonly<Record<string, SinkState>>,
    emitting: Manifest['emitting'] = {},
  ): Promise<Manifest> {
    const progress = this.#progress()
    const isEmitting = Object.keys(emitting).length > 0
    return this.#commit('start', { ...progress, ...(isEmitting && { emitting }) }, sinks, null)
  }

  /** After `start`: all manifests from now on are committed by these. */
  commitBy(transactions: OpenTransactions): void {
    this.#transactions = transactions
  }

  /** Commits what changed since the last checkpoint, and lets keys go that are too many. Errors: `conflict`, code `lost-ownership`; `unavailable`. */
  async checkpoint(): Promise<Manifest> {
    const { job, outlets, maxResidentKeys } = this.#parts
    const progress = this.#progress()
    const sinks = await this.#writeOut()
    const manifest = await this.#commit('checkpoint', progress, sinks, null)
    await outlets.committed()
    for (const { table } of job.stages) table.shrink(maxResidentKeys)
    this.#merger.start()
    void this.#retire()
    return manifest
  }

  /**
   * The end of a run: commits a folded, self-contained savepoint with its state digest. One of several tasks does not fold what
   * the others stand on too: its end is a last checkpoint.
   */
  async savepoint(): Promise<Manifest> {
    const { state, job, store, outlets } = this.#parts
    await this.#merger.stop()
    if (store.chain !== null) return this.#lastOfTask()
    const progress = this.#progress()
    const sinks = await this.#writeOut(true)
    const digests = []
    for (const stored of state.states) {
      const { table, layers } = stored
      const hasher = stateHasher(table)
      const folded = await foldLayers({
        folder: store,
        table,
        layers,
        keyGroups: job.graph.keyGroups,
        hasher,
      })
      await stored.replace(folded ?? layers)
      digests.push(hasher.finish())
    }
    const manifest = await this.#commit('savepoint', progress, sinks, rootDigest(digests, progress))
    await outlets.committed()
    await this.#retiring
    await this.#retire()
    return manifest
  }

  async #lastOfTask(): Promise<Manifest> {
    const progress = this.#progress()
    const manifest = await this.#commit('checkpoint', progress, await this.#writeOut(true), null)
    await this.#parts.outlets.committed()
    await this.#retiring
    await this.#retire()
    return manifest
  }

  /** Ends what goes on beside the run. */
  async close(): Promise<void> {
    await this.#merger.stop()
    await this.#retiring
  }

  /**
   * Beside the work, one at a time. What can't be removed now is removed after a later checkpoint, or by `gc`; at the end of
   * a run it is waited for.
   */
  async #retire(): Promise<void> {
    const { retention, warnings } = this.#parts
    this.#retiring ??= retention
      .apply()
      .then(() => warnings.worked('retention'), warnings.failing('retention'))
      .finally(() => (this.#retiring = null))
    await this.#retiring
  }

  #progress(): Progress {
    const { job, positions, plan, origin, requests } = this.#parts
    return { ...liveProgress(job, positions, plan, origin), ...requests.answers() }
  }

  /** Makes everything durable that the next manifest names. Merges first: they decide what lies below a new layer. */
  async #writeOut(last: boolean = false): Promise<Readonly<Record<string, SinkState>>> {
    const { state, job, outlets, store, positions } = this.#parts
    await this.#merger.settle()
    // What nobody asks for any more is not in the next manifest.
    const passed = job.passOverlaps(positions)
    // What tasks stand on together stays until their generation ends.
    if (store.chain === null) for (const source of passed) await state.leave(overlapOperator(source))
    await state.write(state.capture(job.stages))
    const sinks = await outlets.prepare(last)
    for (const [source, { bad }] of job.intakes) await writeKept(store, source, bad)
    return sinks
  }

  async #commit(
    kind: ManifestKind,
    progress: Progress,
    sinks: Readonly<Record<string, SinkState>>,
    stateDigest: string | null,
  ): Promise<Manifest> {
    const { store, state, identity, clock, requests, warnings } = this.#parts
    const draft: ManifestDraft = {
      ...identity,
      ...progress,
      kind,
      createdMs: clock.now(),
      operators: state.operators(),
      sinks,
      stateDigest,
    }
    warnings.check()
    const number = store.newestNumber + 1
    const manifest = await (this.#transactions === null
      ? store.commit(number, draft)
      : commitByTransaction(store, this.#transactions, number, draft))
    // All that went before it is written: whatever was tried again is over.
    if (this.#transactions !== null) warnings.worked('writing')
    requests.committed(manifest)
    return manifest
  }
}

/** Between the two calls nobody but the cluster knows whether it is committed: whoever settles the chain finds out. */
async function commitByTransaction(
  store: CheckpointStore,
  transactions: OpenTransactions,
  number: number,
  draft: ManifestDraft,
): Promise<Manifest> {
  const pointer = await store.prepare(number, draft)
  await transactions.commit(pointer) // the commit point
  return store.publish(pointer)
}
