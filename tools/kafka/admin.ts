/**
 * Topics, producers and a reader of the Java client, so that what our code reads was written by another implementation, and
 * what it wrote is judged by one. A long-lived Java program does it (java/Helper.java); starting it takes a second.
 *
 * Errors are `JavaError`, named like Kafka's exceptions. `client` settings everywhere are the Java client's
 * (`{ 'compression.type': 'zstd' }`, those of `Broker.javaClient`).
 */
import { join } from 'node:path'
import { startJava } from './java-process.ts'
import type { JavaProcess } from './java-process.ts'
import { prepared } from './prepared.ts'

/** Settings of the Java client, by their names there. */
export type ClientSettings = Readonly<Record<string, string>>

type Bytes = string | Uint8Array

/** A record to write; a text becomes UTF-8. */
export interface NewRecord {
  readonly key?: Bytes | null
  /** null for a tombstone. */
  readonly value: Bytes | null
  /** Default: murmur2 of the key, or any without a key. */
  readonly partition?: number
  /** Milliseconds. Default: now. */
  readonly time?: number
  readonly headers?: readonly (readonly [name: string, value: Bytes | null])[]
}

/** Where a record was written. */
export interface Written {
  readonly partition: number
  readonly offset: number
  readonly time: number
}

/** A record as the Java client reads it. */
export interface ReadRecord {
  readonly offset: number
  readonly time: number
  readonly timeType: 'CreateTime' | 'LogAppendTime'
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}

/** A topic as it stands; ends are exclusive. */
export interface TopicState {
  readonly id: string
  readonly partitions: readonly {
    readonly partition: number
    readonly earliest: number
    readonly latest: number
    /** Where `read_committed` ends: before the first open transaction. */
    readonly lastStable: number
  }[]
}

/** A transaction that is open in a partition: `read_committed` ends before it. */
export interface OpenTransaction {
  readonly partition: number
  /** Its first offset there. */
  readonly from: number
  readonly producerId: number
  readonly epoch: number
  /** Of its last record there, in milliseconds. */
  readonly lastTime: number
  /** Of who keeps its transactions; null where nobody knows the producer any more. */
  readonly transactionalId: string | null
  /** What that one says of its transaction now. */
  readonly state: string | null
}

/** What to read of one partition. */
export interface ReadRange {
  /** Default 0. */
  readonly from?: number
  /** Exclusive; waits until it is reached. Default: the end that the isolation sees now. */
  readonly until?: number
  /** Default `read_committed`. */
  readonly isolation?: 'read_committed' | 'read_uncommitted'
  readonly client?: ClientSettings
}

/** Messages that the Java program makes itself; the same seed makes the same. */
export interface Filling {
  readonly messages: number
  /** Keys `u0` to `u<users - 1>`, each drawn as often. */
  readonly users: number
  /** Default 1. */
  readonly seed?: number
  /** At most so many a second. Default: as fast as it goes, half a million and more. */
  readonly perSecond?: number
  readonly client?: ClientSettings
}

/** What was made. */
export interface Filled {
  /** How many users have a message. */
  readonly users: number
  /** Of all amounts. */
  readonly sum: number
}

/** A producer with a transactional id. One that is neither committed nor aborted stays open, also after `forget`. */
export interface TransactionalProducer {
  begin(): Promise<void>
  send(topic: string, records: readonly NewRecord[]): Promise<Written[]>
  commit(): Promise<void>
  abort(): Promise<void>
  /** Drops the producer as a crash would: what is open stays open until it times out or its successor starts. */
  forget(): Promise<void>
}

/** The Java client's hands in a cluster. */
export interface KafkaAdmin {
  /** By a client of its own: with settings this shows that they let one in. */
  clusterId(client?: ClientSettings): Promise<string>
  /** Returns the topic's id. */
  createTopic(topic: string, partitions: number, config?: Readonly<Record<string, string>>): Promise<string>
  /** Returns when it is gone. */
  deleteTopic(topic: string): Promise<void>
  /** Deletes the topic and makes an empty one of its name; returns its id. */
  recreateTopic(topic: string, partitions: number): Promise<string>
  /** Up to so many. */
  addPartitions(topic: string, total: number): Promise<void>
  /** `{ 'retention.ms': '1000', 'cleanup.policy': 'compact' }` and the like. */
  configureTopic(topic: string, config: Readonly<Record<string, string>>): Promise<void>
  describeTopic(topic: string): Promise<TopicState>
  openTransactions(topic: string): Promise<readonly OpenTransaction[]>
  /** Makes `earliest` the first offset still there. */
  trim(topic: string, partition: number, earliest: number): Promise<void>
  /** By partition the first offset whose time is at or after that time, null where there is none. */
  offsetsAt(topic: string, time: number): Promise<(number | null)[]>
  /** Allows the user `operations` (`READ`, `WRITE`, `DESCRIBE`, …) on one resource. */
  grant(
    user: string,
    kind: 'TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID',
    name: string,
    operations: readonly string[],
  ): Promise<void>
  /** In one flush: a batch a partition, unless they are too many. Returns when the broker has them. */
  produce(topic: string, records: readonly NewRecord[], client?: ClientSettings): Promise<Written[]>
  /**
   * Writes many messages `{"user":"u17","amount":4711,"ts":1690000000000,"id":"9f…"}`, keyed by their user; amounts are below
   * 10,000, times a millisecond apart. Returns when the broker has them all.
   */
  fill(topic: string, filling: Filling): Promise<Filled>
  /** A producer of that transactional id, initialised: it fences a former one and aborts what that left open. */
  transactional(id: string, client?: ClientSettings): Promise<TransactionalProducer>
  read(topic: string, partition: number, range?: ReadRange): Promise<ReadRecord[]>
  close(): Promise<void>
}

/** Starts the Java program for the broker at `host:port`; `folder` takes its log. */
export function startAdmin(address: string, folder: string): KafkaAdmin {
  const { classPath, log4j } = prepared()
  const options = ['-Xmx512m', `-Dlog4j2.configurationFile=${log4j}`, '-Dheadwater.log.level=WARN']
  const java = startJava([...options, '-cp', classPath, 'Helper', address], join(folder, 'admin.log'))
  let producers = 0
  const createTopic: KafkaAdmin['createTopic'] = async (topic, partitions, config = {}) =>
    (await java.ask('create-topic', { topic, partitions, config })) as string
  const deleteTopic = async (topic: string): Promise<void> => {
    await java.ask('delete-topic', { topic })
  }
  return {
    clusterId: async (client = {}) => (await java.ask('cluster-id', { client })) as string,
    createTopic,
    deleteTopic,
    recreateTopic: async (topic, partitions) => {
      await deleteTopic(topic)
      return await createTopic(topic, partitions)
    },
    addPartitions: async (topic, total) => {
      await java.ask('add-partitions', { topic, total })
    },
    configureTopic: async (topic, config) => {
      await java.ask('configure-topic', { topic, config })
    },
    describeTopic: async topic => (await java.ask('describe-topic', { topic })) as TopicState,
    openTransactions: async topic => (await java.ask('open-transactions', { topic })) as OpenTransaction[],
    trim: async (topic, partition, earliest) => {
      await java.ask('trim', { topic, partition, earliest })
    },
    offsetsAt: async (topic, time) => (await java.ask('offsets-at', { topic, time })) as (number | null)[],
    grant: async (user, kind, name, operations) => {
      await java.ask('grant', { user, kind, name, operations })
    },
    produce: async (topic, records, client = {}) =>
      (await java.ask('produce', { topic, records: records.map(encoded), client })) as Written[],
    fill: async (topic, filling) =>
      (await java.ask('fill', { topic, seed: 1, client: {}, ...filling })) as Filled,
    transactional: async (id, client = {}) => {
      producers += 1
      const producer = String(producers)
      await java.ask('open-transactional', { producer, client: { 'transactional.id': id, ...client } })
      return transactionalProducer(java, producer)
    },
    read: async (topic, partition, range = {}) => await read(java, topic, partition, range),
    close: async () => {
      await java.close()
    },
  }
}

function transactionalProducer(java: JavaProcess, producer: string): TransactionalProducer {
  const ask = async (op: string): Promise<void> => {
    await java.ask(op, { producer })
  }
  return {
    begin: async () => await ask('begin'),
    send: async (topic, records) =>
      (await java.ask('send', { producer, topic, records: records.map(encoded) })) as Written[],
    commit: async () => await ask('commit'),
    abort: async () => await ask('abort'),
    forget: async () => await ask('forget'),
  }
}

type EncodedRecord = Omit<ReadRecord, 'key' | 'value' | 'headers'> & {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
}

async function read(
  java: JavaProcess,
  topic: string,
  partition: number,
  range: ReadRange,
): Promise<ReadRecord[]> {
  const { from = 0, until = null, isolation = 'read_committed', client = {} } = range
  const settings = { ...client, 'isolation.level': isolation }
  const found = await java.ask('read', { topic, partition, from, until, client: settings })
  return (found as EncodedRecord[]).map(record => ({
    ...record,
    key: decoded(record.key),
    value: decoded(record.value),
    headers: record.headers.map(([name, value]) => [name, decoded(value)] as const),
  }))
}

function encoded({ key = null, value, partition, time, headers = [] }: NewRecord): object {
  return {
    key: base64(key),
    value: base64(value),
    partition,
    time,
    headers: headers.map(([name, bytes]) => [name, base64(bytes)]),
  }
}

function base64(bytes: Bytes | null): string | null {
  if (bytes === null) return null
  return (typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes)).toString('base64')
}

function decoded(base64: string | null): Buffer | null {
  return base64 === null ? null : Buffer.from(base64, 'base64')
}
