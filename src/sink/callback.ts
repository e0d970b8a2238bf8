/** Results handed to a function: at-least-once, since what it does with them is its own. */
import { HeadwaterError, messageOf, unavailable } from '../errors.ts'
import type { AnyRecord } from '../record/record.ts'
import type { Sink } from './sink.ts'

/** Takes the records of one flush, in order; the run waits for it. */
export type SinkCallback = (records: readonly AnyRecord[]) => void | Promise<void>

/**
 * A sink that calls `fn`. After a crash records since the last checkpoint are given again. What `fn` throws stops the
 * run: `unavailable` `sink-callback-failed`, or its own error when it is a HeadwaterError.
 */
export function callback(fn: SinkCallback, name: string = 'callback'): Sink<'at-least-once'> {
  const write = async (records: readonly AnyRecord[]): Promise<void> => {
    try {
      if (records.length > 0) await fn(records)
    } catch (error) {
      if (error instanceof HeadwaterError) throw error
      const remedy = 'correct the function or what it needs, then start again'
      const found = messageOf(error)
      throw unavailable({ code: 'sink-callback-failed', thing: `sink ${name}`, found, remedy, cause: error })
    }
  }
  return {
    name,
    guarantee: 'at-least-once',
    open: async () => ({ write, prepare: async () => null, committed: nothing, close: nothing }),
  }
}

async function nothing(): Promise<void> {
  // The function keeps no state here.
}
