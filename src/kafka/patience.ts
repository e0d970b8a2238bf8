/** What may pass is tried again, with growing pauses, until nothing has succeeded for too long. */
import type { Clock } from '../clock.ts'
import { HeadwaterError, unavailable } from '../errors.ts'
import { faultText, KafkaFault } from './faults.ts'

/** How patient to be. */
export interface PatienceOptions {
  /** What is tried, for messages. */
  readonly thing: string
  readonly clock: Clock
  readonly unavailableAfterMs: number
  /** Ends a pause early. */
  readonly signal: AbortSignal
  /** Told what went wrong each time that something is tried again. */
  readonly onWarning?: ((text: string) => void) | undefined
}

const [firstPauseMs, longestPauseMs] = [50, 2000]

/** Counts failures in a row. */
export class Patience {
  readonly #options: PatienceOptions
  #failures = 0
  #sinceMs = 0

  constructor(options: PatienceOptions) {
    this.#options = options
  }

  /** Something went well: the next failure is the first again. */
  succeeded(): void {
    this.#failures = 0
  }

  /** Pauses after a failure. Throws it where it is final, and `unavailable` where nothing has gone well for too long. */
  async failed(error: unknown): Promise<void> {
    if (error instanceof HeadwaterError && error.kind !== 'unavailable') throw error
    const { clock, signal, thing, unavailableAfterMs, onWarning } = this.#options
    const now = clock.monotonicMs()
    if (this.#failures++ === 0) this.#sinceMs = now
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 1))
    if (now + pauseMs - this.#sinceMs > unavailableAfterMs) throw gaveUp(thing, now - this.#sinceMs, error)
    onWarning?.(`${thing}: ${faultText(error)}; trying again`)
    await clock.sleep(pauseMs, signal)
  }
}

/** Tries until it succeeds, as `Patience` allows; where the signal aborts, the last failure is thrown. */
export async function patiently<T>(attempt: () => Promise<T>, options: PatienceOptions): Promise<T> {
  const patience = new Patience(options)
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      await patience.failed(error)
      if (options.signal.aborted) throw error
    }
  }
}

function gaveUp(thing: string, elapsedMs: number, cause: unknown): HeadwaterError {
  if (cause instanceof HeadwaterError) return cause
  if (cause instanceof KafkaFault && cause.lasting !== null) return cause.lasting
  return unavailable({
    code: 'kafka-unavailable',
    thing,
    expected: 'an answer from the cluster',
    found: `none for ${Math.round(elapsedMs / 1000)} s: ${faultText(cause)}`,
    remedy:
      'check that the brokers run, can be reached at the addresses that they advertise, and ask on this port for the TLS and SASL that are given (security.protocol)',
    cause,
  })
}
