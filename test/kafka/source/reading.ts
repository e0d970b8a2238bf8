/** Reads of a topic for tests: until its present end, and as the Java client reads it. */
import type { Log, LogBatch, LogRecord } from '../../../src/source/log.ts'
import type { BrokerAccess } from '../../../tools/kafka/broker.ts'

/** All batches from the beginning of every partition to its end now. The reader is closed. */
export async function batchesOf(log: Log, from?: ReadonlyMap<number, number>): Promise<LogBatch[]> {
  try {
    const { partitions } = await log.describe()
    const until = new Map(partitions.map(({ partition, latest }) => [partition, latest]))
    const start = from ?? new Map(partitions.map(({ partition, earliest }) => [partition, earliest]))
    const batches: LogBatch[] = []
    for await (const batch of log.read({ from: start, until })) batches.push(batch)
    return batches
  } finally {
    await log.close()
  }
}

/** Their records. */
export async function recordsOf(log: Log): Promise<LogRecord[]> {
  return (await batchesOf(log)).flatMap(({ records }) => records)
}

/** Offset and value text of each committed record of partition 0, by the Java client. */
export async function javaReads(
  { admin }: BrokerAccess,
  topic: string,
): Promise<(readonly [number, string | undefined])[]> {
  const records = await admin.read(topic, 0)
  return records.map(({ offset, value }) => [offset, value?.toString()] as const)
}
