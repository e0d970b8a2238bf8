/** How long a reader of a topic is patient with each broker; answers of brokers are written as bytes. */
import { expect } from 'chai'
import { systemClock } from '../../../src/clock.ts'
import type { FetchRequest, KafkaConnection } from '../../../src/kafka/client.ts'
import type { KafkaCluster } from '../../../src/kafka/cluster.ts'
import type { Topic } from '../../../src/kafka/kafka.ts'
import { WireWriter } from '../../../src/kafka/wire-writer.ts'
import { PartitionCursor } from '../../../src/source/kafka/partition-cursor.ts'
import { readTopic } from '../../../src/source/kafka/read-topic.ts'
import { TopicFetcher } from '../../../src/source/kafka/topic-fetcher.ts'
import { skippingClock } from '../../skipping-clock.ts'

const notLeader = 6

/** What a Fetch of version 15 answers where there is nothing but perhaps an error. */
function answer(request: FetchRequest, error: number, records: Buffer = Buffer.alloc(0)): Buffer {
  const writer = new WireWriter().int32(0).int16(0).int32(0)
  writer.structs(['topic'], () => {
    for (let i = 0; i < 4; i++) writer.int32(0) // its id
    writer.structs(request.partitions, ({ partition }) => {
      writer.int32(partition).int16(error).int64(5n).int64(5n).int64(0n)
      writer
        .structs([], () => undefined)
        .int32(-1)
        .bytes(records)
    })
  })
  return writer.end()
}

/** A batch of which compaction left nothing but its number. */
function emptyBatch(offset: number): Buffer {
  const bytes = Buffer.alloc(61)
  bytes.writeBigInt64BE(BigInt(offset), 0)
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes[16] = 2
  return bytes
}

describe('a reader of a topic', () => {
  it('that is told to stop leaves its brokers, also where nobody asks for another batch', async () => {
    let isClosed = false
    const connect = async (): Promise<Partial<KafkaConnection>> => ({
      isOpen: true,
      fetch: async request => answer(request, 0, emptyBatch(request.partitions[0]?.offset ?? 0)),
      close: () => {
        isClosed = true
      },
    })
    const id = Buffer.alloc(16, 1).toString('base64url')
    const topic: Topic = { name: 't', clusterId: 'c', id, partitions: [{ partition: 0, leader: 1 }] }
    const tools = { crc32c: () => 0, unpack: (_codec: number, bytes: Buffer) => bytes }
    const make = (): never => {
      throw new Error('no records here')
    }
    const cursor = new PartitionCursor({ partition: 0, from: 5, until: Infinity }, 't', make, tools)
    const stop = new AbortController()
    const fetcher = new TopicFetcher(topic, {
      cluster: { connect } as unknown as KafkaCluster,
      topic: async () => topic,
      name: 't',
      cursors: [cursor],
      fetchBytes: 1000,
      fetchWaitMs: 1,
      clock: systemClock,
      patience: { thing: 't', clock: systemClock, unavailableAfterMs: 60_000, signal: stop.signal },
    })
    const reading = readTopic([cursor], fetcher, 10, stop.signal)
    expect((await reading.next()).value).to.deep.include({ partition: 0, records: [] })
    expect(isClosed).to.equal(false)
    stop.abort()
    expect(isClosed).to.equal(true)
  })
})

describe('the patience of a reader with brokers', () => {
  it('begins anew with one that led nothing for a while, whatever it did before', async () => {
    const clock = skippingClock()
    const id = Buffer.alloc(16, 1).toString('base64url')
    let leader = 1
    const topic = async (): Promise<Topic> => ({
      name: 't',
      clusterId: 'c',
      id,
      partitions: [{ partition: 0, leader }],
    })
    /** Of each Fetch: which broker was asked. */
    const asked: number[] = []
    // Broker 1 fails, 2 leads for ten minutes, 1 is elected again and is asked a moment too early.
    const fetch = async (node: number, request: FetchRequest): Promise<Buffer> => {
      asked.push(node)
      switch (asked.length) {
        case 1:
          leader = 2
          throw new Error('connection reset')
        case 2:
          clock.nowMs += 600_000
          return answer(request, 0)
        case 3:
          leader = 1
          return answer(request, notLeader)
        case 4:
          return answer(request, notLeader)
        default:
          fetcher.close()
          return answer(request, 0)
      }
    }
    const connect = async (node: number): Promise<Partial<KafkaConnection>> => ({
      isOpen: true,
      fetch: request => fetch(node, request),
      close: () => undefined,
    })
    const tools = { crc32c: () => 0, unpack: (_codec: number, bytes: Buffer) => bytes }
    const make = (): never => {
      throw new Error('no records here')
    }
    const cursor = new PartitionCursor({ partition: 0, from: 5, until: Infinity }, 't', make, tools)
    const signal = new AbortController().signal
    const fetcher = new TopicFetcher(await topic(), {
      cluster: { connect } as unknown as KafkaCluster,
      topic,
      name: 't',
      cursors: [cursor],
      fetchBytes: 1000,
      fetchWaitMs: 1,
      clock,
      patience: { thing: 't', clock, unavailableAfterMs: 60_000, signal },
    })
    fetcher.kick()
    while (asked.length < 5 && fetcher.failure === null) await new Promise(resolve => setImmediate(resolve))
    expect(fetcher.failure).to.equal(null)
    expect(asked).to.deep.equal([1, 2, 2, 1, 1])
  })
})
