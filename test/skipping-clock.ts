/** Time for tests: how long something takes is the same on every machine. */
import { systemClock, type Clock } from '../src/clock.ts'

/** A clock that goes on where somebody sleeps. */
export function skippingClock(): Clock & { nowMs: number } {
  const clock = Object.create(systemClock) as Clock & { nowMs: number }
  clock.nowMs = 0
  return Object.assign(clock, {
    monotonicMs: () => clock.nowMs,
    sleep: async (ms: number) => {
      clock.nowMs += ms
      await new Promise(resolve => setImmediate(resolve))
    },
  })
}
