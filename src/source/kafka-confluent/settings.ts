/** What librdkafka is told: our options under its names. */
import { invalid } from '../../errors.ts'
import { brokersOf, brokerText } from '../../kafka/address.ts'
import type { KafkaSasl, KafkaTls } from '../../kafka/kafka.ts'
import type { ConfluentKafkaOptions, LibrdkafkaSettings } from './kafka-confluent.ts'

/** librdkafka demands a group. This one is never joined: partitions are assigned by hand, and no offset is committed. */
const unusedGroup = 'headwater-joins-no-group'

/** Errors: `invalid`, codes `bad-brokers`, `bad-option`. */
export function librdkafkaSettings(options: ConfluentKafkaOptions): LibrdkafkaSettings {
  const { brokers, clientId = 'headwater', connectTimeoutMs, requestTimeoutMs } = options
  const { fetchBytes = 8 << 20, fetchWaitMs = 500, sasl, tls = false, librdkafka = {} } = options
  return {
    'metadata.broker.list': brokersOf(brokers).map(brokerText).join(','),
    'client.id': clientId,
    'group.id': unusedGroup,
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
    'isolation.level': 'read_committed',
    'enable.partition.eof': true,
    'check.crcs': true,
    'fetch.max.bytes': Math.max(fetchBytes, 1 << 20),
    'max.partition.fetch.bytes': Math.max(1, Math.ceil(fetchBytes / 8)),
    'fetch.wait.max.ms': fetchWaitMs,
    'queued.max.messages.kbytes': Math.max(1024, (2 * fetchBytes) >> 10),
    'security.protocol': (sasl === undefined ? '' : 'sasl_') + (tls === false ? 'plaintext' : 'ssl'),
    ...(connectTimeoutMs !== undefined && {
      'socket.connection.setup.timeout.ms': Math.max(1000, connectTimeoutMs),
    }),
    ...(requestTimeoutMs !== undefined && { 'socket.timeout.ms': requestTimeoutMs }),
    ...(sasl !== undefined && saslSettings(sasl)),
    ...(tls !== false && tls !== true && tlsSettings(tls)),
    ...librdkafka,
  }
}

function saslSettings({ mechanism, username, password }: KafkaSasl): LibrdkafkaSettings {
  return { 'sasl.mechanisms': mechanism, 'sasl.username': username, 'sasl.password': password }
}

function tlsSettings({
  ca,
  cert,
  key,
  passphrase,
  servername,
  rejectUnauthorized,
  checkName,
}: KafkaTls): LibrdkafkaSettings {
  if (servername !== undefined) {
    throw invalid({
      code: 'bad-option',
      thing: 'confluentKafka: tls.servername',
      expected: 'nothing',
      found: 'a name; librdkafka compares the host that it connects to',
    })
  }
  const pem = (given: string | Buffer | readonly (string | Buffer)[]): string =>
    (Array.isArray(given) ? given : [given]).map(String).join('\n')
  return {
    ...(ca !== undefined && { 'ssl.ca.pem': pem(ca) }),
    ...(cert !== undefined && { 'ssl.certificate.pem': pem(cert) }),
    ...(key !== undefined && { 'ssl.key.pem': pem(key) }),
    ...(passphrase !== undefined && { 'ssl.key.password': passphrase }),
    ...(rejectUnauthorized === false && { 'enable.ssl.certificate.verification': false }),
    ...(checkName === false && { 'ssl.endpoint.identification.algorithm': 'none' }),
  }
}
