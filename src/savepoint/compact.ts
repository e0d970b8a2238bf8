/** Folds all layers of a store's newest checkpoint by command, where no run is at work. */
import { systemClock, type Clock } from '../clock.ts'
import { conflict, invalid, type HeadwaterError } from '../errors.ts'
import type { TransactionDeclaration } from '../sink/transaction.ts'
import { sealGeneration } from './chains/seal.ts'
import { openStore, type CheckpointStore } from './checkpoint-store.ts'
import { rootDigest, stateHasher, type StateHasher, type TableDigest } from './digest.ts'
import { foldLayers } from './fold.ts'
import { removeUncommitted } from './leftovers.ts'
import { explained } from './lost-store.ts'
import { allSegments } from './manifest-rules.ts'
import type { Manifest, ManifestDraft, ManifestOperator, ManifestState } from './manifest.ts'
import { openSavepoint } from './open.ts'
import { present } from './presence.ts'
import type { Savepoint } from './savepoint.ts'
import { draftOf } from './self-contained.ts'
import { settleChain, type Settler } from './settle.ts'
import { withSettler } from './settler.ts'

/** How to fold. */
export interface CompactOptions {
  readonly clock?: Clock
  /** Told how many rows more were folded. */
  readonly onRead?: ((rows: number) => void) | undefined
  /**
   * That of the sinks that wrote by transactions: settles what is in doubt. Without it a store in which a prepared manifest
   * waits is refused, and one of several tasks that write so.
   */
  readonly transactions?: TransactionDeclaration | undefined
}

/** What was folded. */
export interface CompactReport {
  /** What is newest now: of kind `savepoint`, folded and self-contained. */
  readonly savepoint: Savepoint
  /** False when it was folded before, and nothing was written. */
  readonly changed: boolean
  /** Layers and bytes of all states, before and after. */
  readonly layers: readonly [before: number, after: number]
  readonly bytes: readonly [before: number, after: number]
}

/**
 * Commits the newest checkpoint once more with one layer a state, as the next number of the chain; what it replaces goes
 * with the next collection. Errors: `invalid`, code `not-a-store`; `conflict`, codes `owner-alive` (a run folds by itself),
 * `in-doubt` and `lost-ownership`; those of reading and settling; `unavailable`.
 */
export async function compact(
  path: string,
  { transactions, ...options }: CompactOptions = {},
): Promise<CompactReport> {
  const { clock = systemClock } = options
  const before = await openSavepoint(path)
  if (before.manifest.number === 0) throw notAStore(path)
  // Where checkpoints are committed by transactions, the newest one may wait to be published.
  if (isFolded(before.manifest) && before.manifest.transactions === undefined) return report(before, before)
  return withSettler(before, transactions, clock, settler => compacted(before, settler, clock, options))
}

async function compacted(
  before: Savepoint,
  settler: Settler,
  clock: Clock,
  { onRead }: CompactOptions,
): Promise<CompactReport> {
  const store = await openStore(before.folder, clock)
  try {
    await refuseOwner(store, clock)
    const newest = await latest(store, clock, settler)
    if (isFolded(newest.manifest)) return report(newest, newest)
    const manifest = await store.commit(
      store.newestNumber + 1,
      await folded(store, newest.manifest, clock, onRead),
    )
    await store.removeLeftovers({ isDone: true })
    return report(newest, await store.open(manifest.number))
  } catch (error) {
    await removeUncommitted(store.path, store.attempt, clock).catch(() => undefined) // gc does it later
    throw await explained(store, error)
  } finally {
    await store.close()
  }
}

/** The newest checkpoint; of several tasks their union, once none of them can commit any more. */
async function latest(store: CheckpointStore, clock: Clock, settler: Settler): Promise<Savepoint> {
  const newest = await store.open(await settleChain(store, settler))
  if (newest.manifest.tasks === undefined) return newest
  await sealGeneration(store, newest.manifest, clock, settler)
  return openSavepoint(store.path)
}

async function folded(
  store: CheckpointStore,
  manifest: Manifest,
  clock: Clock,
  onRead: CompactOptions['onRead'],
): Promise<ManifestDraft> {
  const digests: TableDigest[] = []
  const operators: ManifestOperator[] = []
  for (const operator of manifest.operators) {
    const states: ManifestState[] = []
    for (const { layers, ...state } of operator.states) {
      const table = { uid: operator.uid, key: operator.key, state }
      const hasher = toldHasher(stateHasher(table), onRead)
      const whole = await foldLayers({ folder: store, table, layers, keyGroups: manifest.keyGroups, hasher })
      states.push({ ...state, layers: whole ?? layers })
      digests.push(hasher.finish())
    }
    operators.push({ ...operator, states })
  }
  const stateDigest = rootDigest(digests, manifest)
  return { ...draftOf(manifest), kind: 'savepoint', createdMs: clock.now(), operators, stateDigest }
}

function toldHasher(hasher: StateHasher, onRead: CompactOptions['onRead']): StateHasher {
  return {
    add(rows) {
      hasher.add(rows)
      onRead?.(rows.length)
    },
    finish: () => hasher.finish(),
  }
}

async function refuseOwner({ path, attempt }: CheckpointStore, clock: Clock): Promise<void> {
  const owner = (await present(path, clock)).find(({ role, id }) => role === 'owner' && id !== attempt)
  if (owner === undefined) return
  throw conflict({
    code: 'owner-alive',
    thing: path,
    expected: 'no run at work in it',
    found: `process ${owner.process.pid} on ${owner.process.host}`,
    remedy: 'a run brings layers together by itself; stop it first to fold them all',
  })
}

function isFolded({ kind, operators }: Manifest): boolean {
  return (
    kind === 'savepoint' && operators.every(({ states }) => states.every(({ layers }) => layers.length <= 1))
  )
}

function report(before: Savepoint, savepoint: Savepoint): CompactReport {
  const layers = ({ manifest }: Savepoint): number =>
    manifest.operators.reduce(
      (sum, { states }) => sum + states.reduce((all, each) => all + each.layers.length, 0),
      0,
    )
  const bytes = ({ manifest }: Savepoint): number =>
    allSegments(manifest).reduce((sum, each) => sum + each.bytes, 0)
  return {
    savepoint,
    changed: savepoint !== before,
    layers: [layers(before), layers(savepoint)],
    bytes: [bytes(before), bytes(savepoint)],
  }
}

function notAStore(path: string): HeadwaterError {
  return invalid({
    code: 'not-a-store',
    thing: path,
    expected: 'a folder of checkpoints',
    found: 'a savepoint, which never changes',
    remedy: 'name the folder of a run',
  })
}
