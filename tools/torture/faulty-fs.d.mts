/** Watches a folder: stops before call `at` (from 1; Infinity: never) and then loses what `mode` says. */
export function arm(
  root: string,
  at: number,
  mode: 'kill' | 'lost' | 'torn' | 'mixed',
  backup: string,
): { readonly stopped: Promise<void>; isStopped(): boolean }
/** Ends watching. */
export function disarm(): void
/** Does some work in the folder, stopped before call `at`; whether it came to its end. */
export function stoppedAt(
  root: string,
  at: number,
  mode: 'kill' | 'lost' | 'torn' | 'mixed',
  backup: string,
  work: () => Promise<unknown>,
): Promise<boolean>
