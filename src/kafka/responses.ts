/** What brokers answer, as data; each function knows the bytes of one answer. Layouts: https://kafka.apache.org/protocol */
import type { BrokerAddress } from './kafka.ts'
import { WireReader } from './wire-reader.ts'

/** Which versions of a request a broker understands. */
export interface ApiRange {
  readonly api: number
  readonly least: number
  readonly most: number
}

/** ApiVersions, version 3. */
export function apiVersionsOf(bytes: Buffer): readonly ApiRange[] {
  return apiRanges(new WireReader(bytes))
}

const finalizedFeatures = 2

/** ApiVersions, version 3: the level of each feature that the whole cluster has agreed on, by name. */
export function featuresOf(bytes: Buffer): ReadonlyMap<string, number> {
  const reader = new WireReader(bytes)
  apiRanges(reader)
  reader.int32() // throttle time
  const listed = reader.tags().get(finalizedFeatures)
  if (listed === undefined) return new Map()
  const features = new WireReader(listed)
  return new Map(
    features.structs(() => {
      const feature: [string, number] = [features.string() ?? '', features.int16()]
      features.int16() // the least level
      return feature
    }),
  )
}

function apiRanges(reader: WireReader): readonly ApiRange[] {
  reader.int16() // an error would come with an empty list
  return reader.structs(() => ({ api: reader.int16(), least: reader.int16(), most: reader.int16() }))
}

/** A cluster and topics in it; `error` is a code of Kafka's, 0 where there is none. */
export interface MetadataAnswer {
  readonly clusterId: string | null
  readonly brokers: ReadonlyMap<number, BrokerAddress>
  /** The node that makes topics where one alone does; elsewhere one that passes it on; −1 while there is none. */
  readonly controller: number
  readonly topics: readonly {
    readonly error: number
    readonly name: string | null
    readonly id: string
    readonly partitions: readonly {
      readonly error: number
      readonly partition: number
      readonly leader: number
    }[]
  }[]
}

/** Metadata, version 12. */
export function metadataOf(bytes: Buffer): MetadataAnswer {
  const reader = new WireReader(bytes)
  reader.int32() // throttle time
  const brokers = reader.structs(() => {
    const broker = { node: reader.int32(), host: reader.string() ?? '', port: reader.int32() }
    reader.string() // rack
    return broker
  })
  const clusterId = reader.string()
  const controller = reader.int32()
  const topics = reader.structs(() => {
    const head = { error: reader.int16(), name: reader.string(), id: reader.uuid() }
    reader.boolean() // internal
    const partitions = reader.structs(() => partitionOf(reader))
    reader.int32() // authorised operations
    return { ...head, partitions }
  })
  return {
    clusterId,
    brokers: new Map(brokers.map(({ node, host, port }) => [node, { host, port }])),
    controller,
    topics,
  }
}

function partitionOf(reader: WireReader): { error: number; partition: number; leader: number } {
  const partition = { error: reader.int16(), partition: reader.int32(), leader: reader.int32() }
  reader.int32() // leader epoch
  for (let i = 0; i < 3; i++) reader.int32s() // replicas, those in sync, those offline
  return partition
}

/** An offset of one partition; −1 where no record is that late. */
export interface ListedOffset {
  readonly partition: number
  readonly error: number
  readonly offset: number
}

/** ListOffsets, version 7. */
export function listOffsetsOf(bytes: Buffer): readonly ListedOffset[] {
  const reader = new WireReader(bytes)
  reader.int32() // throttle time
  return reader
    .structs(() => {
      reader.string() // topic
      return reader.structs(() => {
        const head = { partition: reader.int32(), error: reader.int16() }
        reader.bigInt64() // the record's time, which may be any 64 bits
        const listed = { ...head, offset: reader.int64() }
        reader.int32() // leader epoch
        return listed
      })
    })
    .flat()
}

/** A transaction that was aborted: of that producer, from that offset on, up to its abort marker. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/** What was fetched of one partition. */
export interface FetchedPartition {
  readonly partition: number
  readonly error: number
  /** The end of all there is, and of what stands before the first open transaction; −1 where it failed. */
  readonly highWatermark: number
  readonly lastStable: number
  /** Those that have records in what was fetched. */
  readonly aborted: readonly AbortedTransaction[]
  /** Whole record batches, and perhaps the beginning of one more; a part of the response, not a copy. */
  readonly records: Buffer | null
}

/** What a Fetch brought. */
export interface FetchAnswer {
  /** Of the whole request; 0 where there is none. */
  readonly error: number
  readonly partitions: readonly FetchedPartition[]
}

/** Fetch, version 15. */
export function fetchOf(bytes: Buffer): FetchAnswer {
  const reader = new WireReader(bytes)
  reader.int32() // throttle time
  const error = reader.int16()
  reader.int32() // session
  const topics = reader.structs(() => {
    reader.uuid()
    return reader.structs(() => fetchedPartitionOf(reader))
  })
  return { error, partitions: topics.flat() }
}

function fetchedPartitionOf(reader: WireReader): FetchedPartition {
  const head = { partition: reader.int32(), error: reader.int16() }
  const ends = { highWatermark: reader.int64(), lastStable: reader.int64() }
  reader.int64() // log start
  const aborted = reader.structs(() => ({ producerId: reader.bigInt64(), firstOffset: reader.int64() }))
  reader.int32() // preferred replica
  return { ...head, ...ends, aborted, records: reader.bytes() }
}
