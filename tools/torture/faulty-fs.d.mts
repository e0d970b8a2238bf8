/** Watches a folder: stops before call `at` (from 1; Infinity: never) and then loses what `mode` says. */
export function arm(
  root: string,
  at: number,
  mode: 'kill' | 'lost' | 'torn' | 'mixed',
  backup: string,
): { readonly stopped: Promise<void>; isStopped(): boolean }
/** Runs what is being watched. */
export function whileWatched<T>(work: () => T): T
/** Ends watching. */
export function disarm(): void
