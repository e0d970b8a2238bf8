/**
 * The last committed value of one key in one partition, as it was at one moment. Transactions of others that are open hold
 * nobody up: below the last stable offset the broker says what was aborted; above it markers say what became of each
 * transaction, and one without a marker is not committed. Compaction never touches records above the last stable offset, so
 * no marker that is needed there is missing.
 */
import type { KafkaConnection } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import { CommittedFilter } from '../committed-filter.ts'
import { unpacker, type Unpack } from '../compression.ts'
import { brokerFault, kafkaError, KafkaFault } from '../faults.ts'
import type { Topic } from '../kafka.ts'
import {
  batchHeader,
  BatchRecords,
  batchSize,
  isAbortMarker,
  packedRecords,
  recordPlace,
  type BatchHeader,
} from '../record-batch.ts'
import { fetchOf, type FetchedPartition } from '../responses.ts'
import { dashedId } from '../topic-id.ts'

const maxBytes = 4 << 20
const maxWaitMs = 100
const partition = 0

/** One attempt; null where the key has no committed value. Errors: others than HeadwaterError may pass. */
export async function lastCommitted(
  cluster: KafkaCluster,
  topic: Topic,
  key: string,
): Promise<Buffer | null> {
  const client = await cluster.client()
  const offsets = async (at: 'earliest' | 'latest' | 'latest-uncommitted'): Promise<number> =>
    (await cluster.offsets(topic, [partition], at)).get(partition) as number
  const end = await offsets('latest-uncommitted')
  const stable = await offsets('latest')
  const reader = new KeyReader(key, await offsets('earliest'), unpacker(client), bytes =>
    client.crc32c(bytes),
  )
  const connection = await cluster.connect(topic.partitions[partition]?.leader ?? -1)
  try {
    while (reader.next < end) {
      const uncommitted = reader.next >= stable
      const before = reader.next
      reader.take(await fetched(connection, topic, before, uncommitted), uncommitted)
      if (reader.next === before)
        throw new KafkaFault(`topic ${topic.name}: no records at ${before}, below its end`)
    }
    return reader.found
  } finally {
    connection.close()
  }
}

async function fetched(
  connection: KafkaConnection,
  { name, id }: Topic,
  offset: number,
  uncommitted: boolean,
): Promise<FetchedPartition> {
  const bytes = await connection.fetch({
    topicId: dashedId(id),
    partitions: [{ partition, offset, maxBytes }],
    maxBytes,
    maxWaitMs,
    uncommitted,
  })
  const { error, partitions } = fetchOf(bytes)
  const answer = partitions[0]
  const code = error !== 0 ? error : (answer?.error ?? kafkaError.unknownTopicOrPartition)
  if (code !== 0) throw brokerFault(code, `topic ${name}`)
  return answer as FetchedPartition
}

/** Goes over batches and keeps what the key has. */
class KeyReader {
  next: number
  found: Buffer | null = null
  readonly #key: Buffer
  readonly #unpack: Unpack
  readonly #crc32c: (bytes: Buffer) => number
  /** Of transactions without a marker so far. */
  readonly #undecided = new Map<bigint, Buffer | null>()

  constructor(key: string, from: number, unpack: Unpack, crc32c: (bytes: Buffer) => number) {
    this.next = from
    this.#key = Buffer.from(key)
    this.#unpack = unpack
    this.#crc32c = crc32c
  }

  take({ records, aborted }: FetchedPartition, uncommitted: boolean): void {
    const bytes = records ?? Buffer.alloc(0)
    const filter = new CommittedFilter(aborted)
    for (let at = 0, size = batchSize(bytes, at); size !== null; size = batchSize(bytes, at)) {
      const header = batchHeader(bytes, at, size, this.#crc32c)
      const packed = packedRecords(bytes, at, size)
      at += size
      if (header.next <= this.next) continue
      const open = (): BatchRecords => new BatchRecords(header, this.#unpack(header.codec, packed))
      if (uncommitted) this.#weigh(header, open())
      else if (!filter.drops(header, () => isAbort(open()))) this.#keep(header, open(), true)
      this.next = header.next
    }
  }

  /** Above the last stable offset. */
  #weigh(header: BatchHeader, records: BatchRecords): void {
    const { producerId, isControl, isTransactional } = header
    if (!isControl) return this.#keep(header, records, !isTransactional)
    const value = this.#undecided.get(producerId)
    if (value !== undefined && !isAbort(records)) this.found = value
    this.#undecided.delete(producerId)
  }

  #keep({ producerId }: BatchHeader, records: BatchRecords, isCommitted: boolean): void {
    const place = recordPlace()
    while (records.next(place)) {
      const { bytes, offset, keyStart, keyEnd, valueStart, valueEnd } = place
      if (offset < this.next || keyEnd < keyStart) continue
      if (!bytes.subarray(keyStart, keyEnd).equals(this.#key)) continue
      const value = valueEnd < valueStart ? null : Buffer.from(bytes.subarray(valueStart, valueEnd))
      if (isCommitted) this.found = value
      else this.#undecided.set(producerId, value)
    }
  }
}

function isAbort(records: BatchRecords): boolean {
  const place = recordPlace()
  return records.next(place) && isAbortMarker(place)
}
