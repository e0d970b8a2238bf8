/**
 * The manifest: the one file that makes a savepoint, as plain data. Everything a reader needs is in it or named by it
 * (L6), and state, watermarks and positions in one manifest belong to one instant (L3). FORMAT.md is its prose.
 */
import type { JobTimeUnit } from '../record/event-time.ts'
import type { KeySchema } from '../record/key.ts'
import type { SinkState } from '../sink/sink.ts'
import type { TransactionPlace } from '../sink/transaction.ts'
import type { PinnedFile } from '../source/history.ts'
import type { StateSchema } from '../state/state.ts'
import type { Json } from './canonical-json.ts'
import type { Accepted, CountsByPhase, PartitionLive, SourceGrowth, SourceOverlap } from './handoff-facts.ts'

/** The version that this code writes; it reads this one and none newer. */
export const formatVersion = 1

/**
 * `savepoint`: folded and self-contained, with its state digest · `checkpoint`: taken by a live job on its way ·
 * `start`: the first of a run, which holds the plan and fences a former owner · `seal`: the last of a task's chain, a copy of
 * the one before it.
 */
export type ManifestKind = 'savepoint' | 'checkpoint' | 'start' | 'seal'

/** One sorted run of entries: `segments/NAME.arrow` with its block index `segments/NAME.index.json`. */
export interface SegmentInfo {
  readonly name: string
  /** The key groups it may hold: first, and end (exclusive). */
  readonly groups: readonly [first: number, end: number]
  readonly rows: number
  /** Rows that remove something; they stand in layers above the base only. */
  readonly tombstones: number
  readonly blocks: number
  readonly bytes: number
  /** crc32 of the whole file. */
  readonly crc32: number
  readonly index: { readonly bytes: number; readonly crc32: number }
}

/** Segments of one moment; their ranges of key groups are disjoint and ascending. */
export interface Layer {
  readonly segments: readonly SegmentInfo[]
}

/** One state of an operator: base layer first, the newest last. */
export interface ManifestState extends StateSchema {
  readonly layers: readonly Layer[]
}

/** An operator's states, filed under its uid. */
export interface ManifestOperator {
  readonly uid: string
  readonly key: KeySchema
  readonly states: readonly ManifestState[]
}

/** What the history covered of a partition. Offsets are inclusive but for the ends of holes. */
export interface PartitionHistory {
  /** Null, as `last` is, where no row was applied and there are but holes. */
  readonly first: number | null
  readonly last: number | null
  /** Rows applied, duplicates left out. */
  readonly rows: number
  readonly duplicates: number
  /** Offsets below the partition's `next` that no row had and no archive covers: from, and end (exclusive). Ascending. */
  readonly holes: readonly (readonly [from: number, end: number])[]
}

/** One partition of a source. */
export interface ManifestPartition {
  readonly partition: number
  /** The first record not yet applied (L5); null where no cut is known. */
  readonly next: number | null
  /** The largest accepted event time in the job's time unit; null before any. */
  readonly runningMax: number | null
  readonly history: PartitionHistory | null
  /** Absent before live reading began. */
  readonly live?: PartitionLive
}

/** A source: how its history was ordered, how the cut was found, and how far each partition is. */
export interface ManifestSource {
  readonly name: string
  /** `schedule`: by offsets, in the canonical schedule · `event-time` · `none`: no history. */
  readonly order: 'schedule' | 'event-time' | 'none'
  /** `offsets`: derived from the history's offset columns · `given` · `time`: by the history's newest event time · `none`: not known. */
  readonly cut: 'offsets' | 'given' | 'time' | 'none'
  /** The log that the positions belong to; null while none is known. */
  readonly log: { readonly id: string; readonly name: string } | null
  /** Of a history without offsets, which counts as one partition; else null. */
  readonly runningMax: number | null
  /** Ascending by partition. */
  readonly partitions: readonly ManifestPartition[]
  /** Where the history carries offsets, as people write it (position-presets.ts); absent for Headwater's own archives, and without. */
  readonly positionsFrom?: string
  /** Of a history without offsets for which no cut was given; else absent. */
  readonly overlap?: SourceOverlap
  /** How often it got partitions while it was read by its key, the first time first; absent where it never did. */
  readonly growths?: readonly SourceGrowth[]
}

/** The clock of a stage in the job's time unit; null where there is none yet. */
export interface StageClock {
  readonly stage: string
  readonly clock: number | null
}

/** What was counted of a source since its first record ever. */
export interface SourceCounts {
  readonly name: string
  /** Records read and applied. */
  readonly rows: number
  /** Rows with the position of a former one, left out. */
  readonly duplicates: number
  /** Records at or below their own partition's watermark; they are applied. */
  readonly late: number
  /** Records that could not be used, left out. */
  readonly bad: number
  /** Rows at or past a given cut, left out. */
  readonly pastCut: number
  /** The same by phase; absent in older manifests. */
  readonly phases?: CountsByPhase
}

/** What was counted of an operator. */
export interface OperatorCounts {
  readonly uid: string
  /** Keys with any entry; null where nobody counted, as in a checkpoint. */
  readonly keys: number | null
}

/** What a savepoint was made of. */
export interface ParentSavepoint {
  /** For people: where it was. */
  readonly path: string
  readonly manifestDigest: string
  readonly stateDigest: string | null
}

/** How much a state has. */
export interface EntryCount {
  readonly keys: number
  /** Rows: one a value, one an element of a list. */
  readonly entries: number
}

/** What a repair did to one state; null where there is none before or after. */
export interface AuditedState {
  readonly uid: string
  readonly state: string
  readonly before: EntryCount | null
  readonly after: EntryCount | null
}

/** A repair: a command that changed state outside of any run, and who gave it. */
export interface AuditEntry {
  /** The attempt that wrote the savepoint which the repair made. */
  readonly attempt: string
  /** `edit`, `rewrite`, `merge`, `create`. */
  readonly command: string
  /** As they were given. */
  readonly arguments: readonly string[]
  readonly user: string
  readonly host: string
  /** Wall time, milliseconds since the epoch. */
  readonly atMs: number
  /** Manifest digests of what it was made of. */
  readonly parents: readonly string[]
  readonly states: readonly AuditedState[]
}

/** The pinned history files of one source. Only the savepoint made of them lists them; checkpoints name it as a parent. */
export interface PinnedHistory {
  readonly source: string
  readonly files: readonly PinnedFile[]
}

/** In the manifest that begins a generation of several tasks (live/TASKS.md). */
export interface GenerationTasks {
  /** N: partition p belongs to task p mod N. At least 2. */
  readonly count: number
  /** By source: the partitioner that its message keys were checked against. */
  readonly partitioners: Readonly<Record<string, string>>
  /** Manifest digests of the sealed heads of the generation before, by task; empty where there was none. */
  readonly sealed: readonly string[]
}

/** In the manifests of a task's chain: whose they are. */
export interface ChainTask {
  readonly generation: number
  /** From 0. */
  readonly index: number
  readonly count: number
}

/** Where a line of runs commits its outputs and its checkpoints together (live/TRANSACTIONS.md). */
export interface ManifestTransactions extends TransactionPlace {
  /** 32 hexadecimal digits, one a line of runs that continue each other in one folder of checkpoints. */
  readonly lineage: string
}

/** What a caller knows of a manifest before it is committed; the commit adds the rest. */
export interface ManifestDraft {
  readonly kind: ManifestKind
  /** Wall time, milliseconds since the epoch. The same in a repeated commit, as all else here. */
  readonly createdMs: number
  readonly job: {
    readonly name: string
    /** The graph's structure. */
    readonly graph: Json
    readonly graphDigest: string
  }
  /** G. */
  readonly keyGroups: number
  /** Of every event time, watermark and clock below. */
  readonly timeUnit: JobTimeUnit
  readonly operators: readonly ManifestOperator[]
  readonly sources: readonly ManifestSource[]
  readonly clocks: readonly StageClock[]
  readonly counts: {
    readonly sources: readonly SourceCounts[]
    readonly operators: readonly OperatorCounts[]
  }
  readonly history: readonly PinnedHistory[]
  readonly parents: readonly ParentSavepoint[]
  /** The handoff that a run began with. */
  readonly plan: Json
  readonly sinks: Readonly<Record<string, SinkState>>
  /** Room for the segments of timers; none in this version. */
  readonly timers: readonly never[]
  /** L8; null where it is computed on demand. */
  readonly stateDigest: string | null
  /** The repairs on the way to this state, the first one first; absent where there was none. */
  readonly audit?: readonly AuditEntry[]
  /** What somebody accepted against a refusal on the way to this state, the first one first; absent where nothing was. */
  readonly accepted?: readonly Accepted[]
  /** Ids of requests that were seen before this instant, and are open still; absent where there is none. */
  readonly answers?: readonly string[]
  /** In the first of a run, by sink: the state of which it is to be given all entries before the next (live/state-emission.ts). */
  readonly emitting?: Readonly<Record<string, string>>
  /** The generation that this begins; absent where one task does all. */
  readonly tasks?: GenerationTasks
  /** The task whose partitions this is about; absent where it is about all. */
  readonly task?: ChainTask
  /** Where its run commits by transactions; absent where none of its sinks does, and in a savepoint of its own. */
  readonly transactions?: ManifestTransactions
}

/** A whole manifest. */
export interface Manifest extends ManifestDraft {
  readonly formatVersion: typeof formatVersion
  /** Its place in a chain of checkpoints, from 1; 0 for a savepoint of its own. */
  readonly number: number
  /** Who wrote it: random, one a run. */
  readonly attempt: string
  /** sha-256, hexadecimal, over the canonical JSON of all other members. */
  readonly manifestDigest: string
}
