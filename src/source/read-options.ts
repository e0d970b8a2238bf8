/** Where and how a log is asked to be read, checked the same way for every log. */
import { invalid } from '../errors.ts'
import type { LogReadOptions } from './log.ts'

/** Records a batch, unless the caller says otherwise. */
export const defaultBatchRecords = 4096

/**
 * Checks the options of a read of a log with partitions 0 to `partitions` − 1. Errors: `invalid`, codes
 * `bad-batch-size`, `no-such-partition`, `bad-position`.
 */
export function checkReadOptions(
  name: string,
  partitions: number,
  { from, maxBatchRecords = defaultBatchRecords }: LogReadOptions,
): void {
  if (!(maxBatchRecords >= 1))
    throw invalid({ code: 'bad-batch-size', thing: name, expected: 'maxBatchRecords of 1 or more' })
  for (const [partition, offset] of from) checkPosition(name, partition, offset, partitions)
}

function checkPosition(name: string, partition: number, offset: number, partitions: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) {
    const expected = `partitions 0 to ${partitions - 1}`
    throw invalid({ code: 'no-such-partition', thing: name, expected, found: `partition ${partition}` })
  }
  if (Number.isSafeInteger(offset) && offset >= 0) return
  const thing = `${name} partition ${partition}`
  throw invalid({
    code: 'bad-position',
    thing,
    expected: 'a whole number from 0 to 2^53 − 1',
    found: String(offset),
  })
}
