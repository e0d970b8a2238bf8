/** Writes the savepoint of a repair: states one after the other, then the commit; in a dry run it only counts. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Clock } from '../clock.ts'
import { checkFolder, prepareFolder, type AttemptFolder } from '../savepoint/attempt-folder.ts'
import { damageOf } from '../savepoint/damaged-rows.ts'
import { rootDigest, stateHasher, type TableDigest } from '../savepoint/digest.ts'
import type {
  AuditedState,
  AuditEntry,
  EntryCount,
  Layer,
  ManifestDraft,
  ManifestOperator,
} from '../savepoint/manifest.ts'
import { openSavepoint } from '../savepoint/open.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import type { SegmentWriter } from '../savepoint/segment-writer.ts'
import { systemActor } from './actor.ts'
import { EntryCounter } from './entry-counter.ts'
import type { RepairOptions, RepairReport } from './repair.ts'

/** A state that is to be written. */
export interface NewState {
  readonly table: StateTable
  /** The folded entries, in order. */
  readonly pieces: (scratch: () => Promise<string>) => AsyncIterable<EntryRows>
  /** Asked when all pieces were taken: how much the state had; null for one that is new. */
  readonly before: () => EntryCount | null
}

/** A state that is left behind. */
export interface DroppedState {
  readonly uid: string
  readonly state: string
  readonly count: () => Promise<EntryCount>
}

/** What a repair makes. */
export interface NewSavepoint {
  readonly command: string
  /** What `arguments` says unless the caller says something else. */
  readonly summary: readonly string[]
  readonly operators: readonly Pick<ManifestOperator, 'uid' | 'key'>[]
  readonly states: readonly NewState[]
  /** States that are left behind, for the audit entry. */
  readonly dropped: readonly DroppedState[]
  /** Repairs of the parents. */
  readonly audit: readonly AuditEntry[]
  /** Manifest digests of the parents, for the audit entry. */
  readonly made: readonly string[]
  readonly draft: Omit<
    ManifestDraft,
    'kind' | 'createdMs' | 'operators' | 'stateDigest' | 'audit' | 'timers' | 'counts'
  > & { readonly counts: Pick<ManifestDraft['counts'], 'sources'> }
}

interface Written {
  readonly table: StateTable
  readonly layers: readonly Layer[]
  readonly digest: TableDigest
  readonly counted: AuditedState
}

/** Writes and commits it. Errors: those of reading; `conflict`, code `savepoint-exists`; `invalid`, code `foreign-folder`; `unavailable`. */
export async function writeSavepoint(plan: NewSavepoint, options: RepairOptions): Promise<RepairReport> {
  if (options.dryRun === true) return countOnly(plan, options)
  const clock = options.clock ?? systemClock
  const folder = await prepareFolder(options.into, clock)
  try {
    const written = await writeStates(plan, options, folder, async () => folder.scratchPath)
    const states = [...counted(written), ...(await countDropped(plan))]
    await folder.commit(draftOf(plan, written, states, folder, clock, options))
    return { savepoint: await openSavepoint(options.into), states }
  } catch (error) {
    await folder.abandon()
    throw error
  }
}

async function countOnly(plan: NewSavepoint, options: RepairOptions): Promise<RepairReport> {
  let scratch: string | null = null
  if (options.into !== '') await checkFolder(options.into)
  try {
    const written = await writeStates(plan, options, null, async () => {
      return (scratch ??= await mkdtemp(join(tmpdir(), 'headwater-dry-run-')))
    })
    return { savepoint: null, states: [...counted(written), ...(await countDropped(plan))] }
  } finally {
    if (scratch !== null) await rm(scratch, { recursive: true, force: true })
  }
}

async function writeStates(
  { states }: NewSavepoint,
  { signal }: RepairOptions,
  folder: AttemptFolder | null,
  scratch: () => Promise<string>,
): Promise<readonly Written[]> {
  const written: Written[] = []
  for (const state of states) written.push(await writeState(state, folder, scratch, signal))
  return written
}

async function writeState(
  { table, pieces, before }: NewState,
  folder: AttemptFolder | null,
  scratch: () => Promise<string>,
  signal: AbortSignal | undefined,
): Promise<Written> {
  // Imported only here, so that a program which repairs nothing loads no Arrow.
  const { openSegment } = await import('../savepoint/segment-writer.ts')
  const hasher = stateHasher(table)
  const counter = new EntryCounter(table.state.kind)
  let writer: SegmentWriter | null = null
  try {
    for await (const rows of pieces(scratch)) {
      signal?.throwIfAborted()
      if (rows.length === 0) continue
      counter.add(rows)
      hasher.add(rows)
      if (folder !== null) (writer ??= openSegment(folder, table, 'base')).append(rows)
    }
    const segments = writer === null ? [] : [await writer.finish()]
    const counted = { uid: table.uid, state: table.state.name, before: before(), after: counter.counts() }
    return { table, layers: segments.length > 0 ? [{ segments }] : [], digest: hasher.finish(), counted }
  } catch (error) {
    writer?.abandon()
    throw damageOf(error)
  }
}

function counted(written: readonly Written[]): readonly AuditedState[] {
  return written.map(state => state.counted)
}

async function countDropped({ dropped }: NewSavepoint): Promise<readonly AuditedState[]> {
  const states: AuditedState[] = []
  for (const { uid, state, count } of dropped) states.push({ uid, state, before: await count(), after: null })
  return states
}

function draftOf(
  plan: NewSavepoint,
  written: readonly Written[],
  states: readonly AuditedState[],
  { attempt }: AttemptFolder,
  clock: Clock,
  options: RepairOptions,
): ManifestDraft {
  const { command, summary, made, draft } = plan
  const { user, host } = options.actor ?? systemActor()
  const now = clock.now()
  const entry: AuditEntry = {
    attempt,
    command,
    arguments: options.arguments ?? summary,
    user,
    host,
    atMs: now,
    parents: made,
    states,
  }
  const digests = written.map(({ digest }) => digest)
  return {
    ...draft,
    sinks: options.freshSinks === true ? {} : draft.sinks,
    kind: 'savepoint',
    createdMs: now,
    operators: plan.operators.map(operator => operatorOf(operator, written)),
    counts: {
      sources: draft.counts.sources,
      operators: plan.operators.map(({ uid }) => ({ uid, keys: keysOf(uid, written) })),
    },
    timers: [],
    stateDigest: rootDigest(digests, draft),
    audit: [...plan.audit, entry],
  }
}

function operatorOf(
  { uid, key }: Pick<ManifestOperator, 'uid' | 'key'>,
  written: readonly Written[],
): ManifestOperator {
  const own = written.filter(({ table }) => table.uid === uid)
  return { uid, key, states: own.map(({ table, layers }) => ({ ...table.state, layers })) }
}

/** The keys of several states overlap in ways that nobody counted. */
function keysOf(uid: string, written: readonly Written[]): number | null {
  const [only, ...others] = written.filter(({ table }) => table.uid === uid)
  if (only === undefined) return 0
  return others.length === 0 ? (only.counted.after?.keys ?? null) : null
}
