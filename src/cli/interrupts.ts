/**
 * Ctrl-C and SIGTERM. A command that can stop cleanly asks for the stop signal: the first interrupt then aborts it, a
 * second one ends the process at once. Commands that never ask are ended by the system, as usual; what they left in a store
 * that they read is removed before.
 */
import { HeadwaterError } from '../errors.ts'

const numbers = { SIGINT: 2, SIGTERM: 15 } as const

/** The reason of an abort by SIGINT or SIGTERM: what is thrown by work that leaves nothing behind when it is stopped. */
export class Interrupted extends HeadwaterError {
  /** 130 or 143. */
  readonly exitCode: number

  constructor(signal: keyof typeof numbers) {
    const remedy = 'nothing was left behind: run it again'
    super('unavailable', { code: 'interrupted', thing: signal, found: 'a request to stop', remedy })
    this.exitCode = 128 + numbers[signal]
  }
}

/** For commands that never ask for the stop signal: cleans up, and lets the signal end the process as it would have. */
export function cleanOnInterrupt(clean: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const onSignal = (): void => {
      if (process.listenerCount(signal) > 1) return
      clean()
      process.off(signal, onSignal)
      process.kill(process.pid, signal)
    }
    process.on(signal, onSignal)
  }
}

/** Listens from now on. `onFirst` is told when stopping begins. */
export function stopOnInterrupt(controller: AbortController, onFirst: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(128 + numbers[signal])
      controller.abort(new Interrupted(signal))
      onFirst()
    })
  }
}
