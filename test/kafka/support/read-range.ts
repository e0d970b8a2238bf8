/** Reads a part of a topic's first partition to its end. */
import type { Log, LogRecord } from '../../../src/source/log.ts'
import { at } from '../../source/log-contract.ts'

/** What lies in [from, until) of partition 0, and the position behind it; closes the log. */
export async function readRange(
  log: Log,
  from: number,
  until: number,
): Promise<{ readonly records: readonly LogRecord[]; readonly next: number }> {
  const records: LogRecord[] = []
  let next = from
  for await (const batch of log.read({ from: at(0, from), until: at(0, until) })) {
    records.push(...batch.records)
    next = batch.next
  }
  await log.close()
  return { records, next }
}
