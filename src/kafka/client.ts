/**
 * The only importer of @platformatic/kafka, which is optional: it is loaded when the first cluster is connected to. Only
 * its connections (TCP, TLS, SASL, correlation of answers) and the bytes of its requests are used; answers come back as
 * bytes, because its own readers stumble over tagged fields and its `read_committed` over aborted transactions.
 *
 * I1. A connection that failed, or whose request timed out, is closed and never used again: answers may be out of step.
 */
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import type * as platformatic from '@platformatic/kafka'
import { notInstalled } from '../errors.ts'
import type { BrokerAddress, KafkaClusterOptions, KafkaTls } from './kafka.ts'

/** Where a Fetch begins in one partition. */
export interface FetchFrom {
  readonly partition: number
  readonly offset: number
  /** At most so many bytes, but always one whole batch. */
  readonly maxBytes: number
}

/** One Fetch of one topic. */
export interface FetchRequest {
  /** Its id, in hexadecimal with dashes. */
  readonly topicId: string
  readonly partitions: readonly FetchFrom[]
  /** At most so many bytes in all. */
  readonly maxBytes: number
  /** How long the broker may wait where there is nothing. */
  readonly maxWaitMs: number
  /** Also what is not committed, and without a word about what was aborted. Default false. */
  readonly uncommitted?: boolean
}

/** A request of which the body is written already: its number and version (one with tagged fields) in Kafka's protocol. */
export interface KafkaRequest {
  readonly api: number
  readonly version: number
  readonly body: Buffer
}

/** What is asked of ListOffsets for one partition: an instant, −1 for the end, −2 for the beginning. */
export interface OffsetQuestion {
  readonly partition: number
  readonly timestamp: number
}

/** One connection to one broker. Each request answers with the bytes of the response's body; any failure closes it. */
export interface KafkaConnection {
  readonly isOpen: boolean
  /** Asked once a connection. */
  apiVersions(): Promise<Buffer>
  metadata(topic: string): Promise<Buffer>
  /** `committed`: the end is that of what is committed, as readers see it. */
  listOffsets(topic: string, questions: readonly OffsetQuestion[], committed: boolean): Promise<Buffer>
  fetch(request: FetchRequest): Promise<Buffer>
  ask(request: KafkaRequest): Promise<Buffer>
  close(): void
}

/** What the client package gives. */
export interface KafkaClient {
  connect(broker: BrokerAddress, options: KafkaClusterOptions): Promise<KafkaConnection>
  crc32c(bytes: Buffer): number
  packSnappy(bytes: Buffer): Buffer
  packLz4(bytes: Buffer): Buffer
  /** One block, without frames. */
  unpackSnappy(bytes: Buffer): Buffer
  /** One frame. */
  unpackLz4(bytes: Buffer): Buffer
}

/** Errors: `invalid`, code `no-kafka-client`, where the package is not installed. */
export async function loadKafkaClient(): Promise<KafkaClient> {
  const library = await load()
  const apis = requests(library)
  const { snappy, lz4 } = library.compressionsAlgorithms
  return {
    connect: (broker, options) => connect(library, apis, broker, options),
    crc32c: bytes => library.crc32c(bytes) >>> 0,
    packSnappy: bytes => snappy.compressSync(bytes),
    packLz4: bytes => lz4.compressSync(bytes),
    unpackSnappy: bytes => snappy.decompressSync(bytes),
    unpackLz4: bytes => lz4.decompressSync(bytes),
  }
}

async function load(): Promise<typeof platformatic> {
  try {
    return await import('@platformatic/kafka')
  } catch (cause) {
    throw notInstalled('no-kafka-client', 'Kafka', '@platformatic/kafka', cause)
  }
}

type Requests = ReturnType<typeof requests>

/** The requests that are made, each with the version whose answer responses.ts reads. */
function requests({
  createAPI,
  Writer,
  apiVersionsV3,
  metadataV12,
  listOffsetsV7,
  fetchV15,
}: typeof platformatic) {
  const body: platformatic.ResponseParser<Buffer> = (_id, _api, _version, reader) => reader.buffer.slice()
  return {
    apiVersions: createAPI<Parameters<typeof apiVersionsV3.createRequest>, Buffer>(
      18,
      3,
      apiVersionsV3.createRequest,
      body,
      true,
      false,
    ),
    metadata: createAPI<Parameters<typeof metadataV12.createRequest>, Buffer>(
      3,
      12,
      metadataV12.createRequest,
      body,
    ),
    listOffsets: createAPI<Parameters<typeof listOffsetsV7.createRequest>, Buffer>(
      2,
      7,
      listOffsetsV7.createRequest,
      body,
    ),
    fetch: createAPI<Parameters<typeof fetchV15.createRequest>, Buffer>(1, 15, fetchV15.createRequest, body),
    any: ({ api, version }: KafkaRequest) =>
      createAPI<[bytes: Buffer], Buffer>(
        api,
        version,
        (bytes: Buffer) => Writer.create().append(bytes),
        body,
      ),
  }
}

async function connect(
  library: typeof platformatic,
  apis: Requests,
  broker: BrokerAddress,
  options: KafkaClusterOptions,
): Promise<KafkaConnection> {
  const { clientId = 'headwater' } = options
  const connection = new library.Connection(clientId, connectionOptions(broker, options))
  connection.on('error', () => undefined) // whoever waits for an answer is told; nobody else needs to be
  try {
    await connection.connect(broker.host, broker.port)
  } catch (error) {
    close(connection)
    throw error
  }
  return new Connected(apis, connection)
}

class Connected implements KafkaConnection {
  readonly #apis: Requests
  readonly #connection: platformatic.Connection
  #apiVersions: Promise<Buffer> | null = null

  constructor(apis: Requests, connection: platformatic.Connection) {
    this.#apis = apis
    this.#connection = connection
  }

  get isOpen(): boolean {
    return this.#connection.isConnected()
  }

  apiVersions(): Promise<Buffer> {
    this.#apiVersions ??= this.#ask(this.#apis.apiVersions.async(this.#connection, 'headwater', '1'))
    return this.#apiVersions
  }

  metadata(topic: string): Promise<Buffer> {
    return this.#ask(this.#apis.metadata.async(this.#connection, [topic], false, false))
  }

  listOffsets(topic: string, questions: readonly OffsetQuestion[], committed: boolean): Promise<Buffer> {
    const partitions = questions.map(({ partition, timestamp }) => ({
      partitionIndex: partition,
      currentLeaderEpoch: -1,
      timestamp: BigInt(timestamp),
    }))
    const topics = [{ name: topic, partitions }]
    return this.#ask(this.#apis.listOffsets.async(this.#connection, -1, committed ? 1 : 0, topics))
  }

  fetch({ topicId, partitions, maxBytes, maxWaitMs, uncommitted }: FetchRequest): Promise<Buffer> {
    const wanted = partitions.map(({ partition, offset, maxBytes: bytes }) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(offset),
      lastFetchedEpoch: -1,
      partitionMaxBytes: bytes,
    }))
    const [minBytes, isolation, noSession, lastEpoch] = [1, uncommitted === true ? 0 : 1, 0, -1]
    const topics = [{ topicId, partitions: wanted }]
    return this.#ask(
      this.#apis.fetch.async(
        this.#connection,
        maxWaitMs,
        minBytes,
        maxBytes,
        isolation,
        noSession,
        lastEpoch,
        topics,
        [],
        '',
      ),
    )
  }

  ask(request: KafkaRequest): Promise<Buffer> {
    return this.#ask(this.#apis.any(request).async(this.#connection, request.body))
  }

  close(): void {
    close(this.#connection)
  }

  async #ask(answer: Promise<Buffer>): Promise<Buffer> {
    try {
      return await answer
    } catch (error) {
      this.close()
      throw error
    }
  }
}

function close(connection: platformatic.Connection): void {
  connection.close().catch(() => undefined)
}

function connectionOptions(
  { host }: BrokerAddress,
  { connectTimeoutMs, requestTimeoutMs, tls, sasl, client }: KafkaClusterOptions,
): platformatic.ConnectionOptions {
  return {
    connectTimeout: connectTimeoutMs ?? 5000,
    requestTimeout: requestTimeoutMs ?? 30_000,
    ...(tls !== undefined && tls !== false && { tls: tlsOptions(host, tls === true ? {} : tls) }),
    ...(sasl && { sasl }),
    ...client,
  }
}

function tlsOptions(
  host: string,
  { checkName, servername, ca, ...tls }: KafkaTls,
): NonNullable<platformatic.ConnectionOptions['tls']> {
  const name = servername ?? host
  return {
    ...tls,
    ...(ca !== undefined && { ca: Array.isArray(ca) ? [...(ca as Buffer[])] : (ca as string) }),
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_host, certificate) =>
      checkName === false ? undefined : checkServerIdentity(name, certificate),
  }
}
