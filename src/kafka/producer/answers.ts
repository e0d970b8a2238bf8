/** What brokers answer to producers, as data; each function knows the bytes of one answer of requests.ts. */
import type { BrokerAddress } from '../kafka.ts'
import { WireReader } from '../wire-reader.ts'
import type { ProducerIdentity, TopicPlace } from './requests.ts'

/** FindCoordinator: `error` is a code of Kafka's, 0 where there is none. */
export function coordinatorOf(bytes: Buffer): { readonly error: number; readonly address: BrokerAddress } {
  const reader = afterThrottle(bytes)
  const found = reader.structs(() => {
    reader.string() // the transactional id
    reader.int32() // node
    const address = { host: reader.string() ?? '', port: reader.int32() }
    const error = reader.int16()
    reader.string() // message
    return { error, address }
  })
  return found[0] ?? { error: -1, address: { host: '', port: 0 } }
}

/** InitProducerId, and EndTxn that asked for a new identity. */
export function identityOf(bytes: Buffer): { readonly error: number; readonly identity: ProducerIdentity } {
  const reader = afterThrottle(bytes)
  const error = reader.int16()
  return { error, identity: { producerId: reader.bigInt64(), epoch: reader.int16() } }
}

/** EndTxn that did not ask for a new identity: its error. */
export function endOf(bytes: Buffer): number {
  return afterThrottle(bytes).int16()
}

/** What became of one partition. */
export interface PlaceAnswer extends TopicPlace {
  readonly error: number
}

/** AddPartitionsToTxn. */
export function addedOf(bytes: Buffer): readonly PlaceAnswer[] {
  const reader = afterThrottle(bytes)
  return placesOf(reader, () => ({ partition: reader.int32(), error: reader.int16() }))
}

/** A broker's answer to a batch. */
export interface ProducedAnswer extends PlaceAnswer {
  /** In the broker's words; null where it says nothing. */
  readonly message: string | null
}

/** Produce. */
export function producedOf(bytes: Buffer): readonly ProducedAnswer[] {
  const reader = new WireReader(bytes)
  return placesOf(reader, () => {
    const head = { partition: reader.int32(), error: reader.int16() }
    for (let i = 0; i < 3; i++) reader.bigInt64() // base offset, log append time, log start
    const faults = reader.structs(() => {
      reader.int32()
      return reader.string()
    })
    return { ...head, message: reader.string() ?? faults.find(text => text !== null) ?? null }
  })
}

/** Where the transactions of an id stand: `Empty`, `Ongoing`, `PrepareCommit`, `CompleteAbort` and so on. */
export interface TransactionStanding extends ProducerIdentity {
  readonly error: number
  readonly state: string
}

/** DescribeTransactions; null where it says nothing. */
export function standingOf(bytes: Buffer): TransactionStanding | null {
  const reader = afterThrottle(bytes)
  const found = reader.structs(() => {
    const error = reader.int16()
    reader.string() // the transactional id
    const state = reader.string() ?? ''
    reader.int32() // time limit
    reader.bigInt64() // start
    const standing = { error, state, producerId: reader.bigInt64(), epoch: reader.int16() }
    reader.structs(() => {
      reader.string()
      reader.int32s()
    })
    return standing
  })
  return found[0] ?? null
}

/** CreateTopics, of one topic. */
export function createdOf(bytes: Buffer): { readonly error: number; readonly message: string | null } {
  const reader = afterThrottle(bytes)
  const made = reader.structs(() => {
    reader.string()
    reader.uuid()
    const answer = { error: reader.int16(), message: reader.string() }
    reader.int32() // partitions
    reader.int16() // replicas
    reader.structs(() => settingOf(reader))
    return answer
  })
  return made[0] ?? { error: -1, message: null }
}

/** DescribeConfigs, of one topic. */
export function configOf(bytes: Buffer): {
  readonly error: number
  readonly config: ReadonlyMap<string, string | null>
} {
  const reader = afterThrottle(bytes)
  const found = reader.structs(() => {
    const error = reader.int16()
    reader.string() // message
    reader.int8() // kind of resource
    reader.string() // its name
    const settings = reader.structs(() => {
      const setting = settingOf(reader)
      reader.structs(() => {
        reader.string()
        reader.string()
        reader.int8()
      })
      reader.int8() // type
      reader.string() // documentation
      return setting
    })
    return { error, config: new Map(settings) }
  })
  return found[0] ?? { error: -1, config: new Map() }
}

function settingOf(reader: WireReader): [string, string | null] {
  const setting: [string, string | null] = [reader.string() ?? '', reader.string()]
  reader.boolean() // read-only
  reader.int8() // where it comes from
  reader.boolean() // secret
  return setting
}

function placesOf<T extends { partition: number }>(
  reader: WireReader,
  entry: () => T,
): (T & { topic: string })[] {
  return reader
    .structs(() => {
      const topic = reader.string() ?? ''
      return reader.structs(() => ({ topic, ...entry() }))
    })
    .flat()
}

function afterThrottle(bytes: Buffer): WireReader {
  const reader = new WireReader(bytes)
  reader.int32() // throttle time
  return reader
}
