/**
 * The only file that reads time or rolls dice (L8); a linter bans both elsewhere. Drivers are handed a clock, so that
 * tests decide what time it is.
 */
import { randomUUID } from 'node:crypto'

/** Time, pauses and random names for drivers. */
export interface Clock {
  /** Wall time, milliseconds since the epoch. */
  now(): number
  /** Milliseconds from some fixed instant; never goes back. For durations. */
  monotonicMs(): number
  /** A pause. Ends early, without an error, when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A random name of 32 hexadecimal digits. */
  randomId(): string
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => sleepUntil(ms, signal),
  randomId: () => randomUUID().replaceAll('-', ''),
}

function sleepUntil(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}
