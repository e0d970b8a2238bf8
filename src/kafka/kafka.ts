/**
 * Kafka clusters: where one is and how it is reached. The contract that the Kafka source and sink share; neither knows the
 * client behind it.
 *
 * Who owns what: client.ts one connection and its requests (the only file that knows the client) · cluster.ts brokers,
 * topics and offsets · patience.ts what is tried again, and for how long · responses.ts and wire-reader.ts the bytes of
 * answers · record-batch.ts, compression.ts and committed-filter.ts records as they are stored, record-batch-writer.ts and
 * wire-writer.ts as they are sent · producer/ what writes to topics · address.ts and properties.ts how people write it.
 *
 * I1. Secrets (passwords, private keys) go from the options to the client and nowhere else: no name, error or plan has them.
 * I2. Whatever is not known to be final is tried again, on new connections: a broken answer is no reason to trust the next.
 */
import type { Clock } from '../clock.ts'

/** How to encrypt; `true` for the machine's certificate authorities. PEM texts. */
export interface KafkaTls {
  /** Certificate authorities to trust instead of the machine's. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** The client's own certificate and private key, where the broker asks for one. */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly passphrase?: string
  /** The name that the broker's certificate must have. Default: the host that is connected to. */
  readonly servername?: string
  /** Whether an untrusted certificate is refused. Default true. */
  readonly rejectUnauthorized?: boolean
  /** `false`: a certificate of another name is taken too, as with an empty `ssl.endpoint.identification.algorithm`. */
  readonly checkName?: boolean
}

/** Who we are. */
export interface KafkaSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

/** A cluster and how to reach it. Durations are milliseconds. */
export interface KafkaClusterOptions {
  /** `host:port`, one or several of them, in a list or separated by commas; the others are found. The port's default is 9092. */
  readonly brokers: string | readonly string[]
  /** What the brokers' logs and quotas call us. Default `headwater`. */
  readonly clientId?: string
  readonly tls?: boolean | KafkaTls
  readonly sasl?: KafkaSasl
  /** For one connection. Default 5000. */
  readonly connectTimeoutMs?: number
  /** For one request. Default 30,000. */
  readonly requestTimeoutMs?: number
  /** How long nothing may succeed before it is an error, `unavailable`. Default 60,000; Infinity: try for ever. */
  readonly unavailableAfterMs?: number
  /** Handed to each connection of the client as it is, for what has no option here. */
  readonly client?: Readonly<Record<string, unknown>>
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** A broker's address. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** One partition of a topic. */
export interface TopicPartition {
  readonly partition: number
  /** The node that leads it; −1 while there is none. */
  readonly leader: number
}

/** A topic as the cluster has it now. */
export interface Topic {
  readonly name: string
  /** The cluster's id, as Kafka writes it. */
  readonly clusterId: string
  /** The topic's id, as Kafka writes it (22 characters); a topic that was deleted and made again has another. */
  readonly id: string
  /** Ascending. */
  readonly partitions: readonly TopicPartition[]
}
