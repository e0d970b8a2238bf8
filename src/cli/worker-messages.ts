/** What the main thread and the workers of `run --workers` tell each other: plain data. */
import type { HandoffPlan } from '../handoff/handoff.ts'
import type { RunProgress } from '../live/live.ts'
import type { TaskOption } from '../live/tasks.ts'
import type { ParsedOptions } from './arguments.ts'

/** What a worker begins with. */
export interface WorkerTask {
  readonly positionals: readonly string[]
  readonly options: ParsedOptions
  readonly task: TaskOption
  readonly progressEveryMs: number
}

/** What became of a piece of text that a worker printed. */
export interface Printed {
  readonly kind: 'printed'
  /** As the system has it; null where it was written. */
  readonly failure: { readonly code: string | undefined; readonly message: string } | null
}

/** To a worker: `stop`, cleanly. */
export type ToWorker = { readonly kind: 'stop' } | Printed

/** From a worker. */
export type FromWorker =
  | { readonly kind: 'plan'; readonly plan: HandoffPlan; readonly lines: readonly string[] }
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  | { readonly kind: 'ended'; readonly reason: 'end' | 'stopped'; readonly progress: RunProgress }
  /** Text for standard output; the next comes after the answer. */
  | { readonly kind: 'print'; readonly text: string }
  /** Nobody reads what it prints any more. */
  | { readonly kind: 'broken pipe' }
  | { readonly kind: 'failed'; readonly failure: WorkerFailure }

/** An error, as it can be sent. */
export interface WorkerFailure {
  /** Those of a HeadwaterError; null for any other. */
  readonly parts: Readonly<Record<string, string>> | null
  readonly message: string
  readonly stack: string | undefined
}
