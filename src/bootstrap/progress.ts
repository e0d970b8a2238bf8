/** What a bounded run tells while it goes: for progress bars, for logs, for nobody. */

/** One step of the way. `done` and `total` count rows while scanning, key groups while folding. */
export interface BootstrapProgress {
  readonly phase: 'plan' | 'scan' | 'fold' | 'commit'
  /** The source or stage at work; empty for the whole. */
  readonly name: string
  readonly done: number
  readonly total: number
}

/** Called often: keep it cheap. */
export type OnBootstrapProgress = (progress: BootstrapProgress) => void
