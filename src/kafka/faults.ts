/** What goes wrong between us and a cluster: final (a HeadwaterError) or worth another try (anything else). */
import { hasErrno, HeadwaterError, invalid, messageOf } from '../errors.ts'

/** A broker's refusal that another try may pass. */
export class KafkaFault extends Error {
  override readonly name: string = 'KafkaFault'
  /** What to say where it does not pass; null: that the cluster can't be reached. */
  readonly lasting: HeadwaterError | null

  constructor(message: string, options: ErrorOptions & { readonly lasting?: HeadwaterError } = {}) {
    super(message, options)
    this.lasting = options.lasting ?? null
  }
}

/** Codes of https://kafka.apache.org/protocol#protocol_error_codes that are acted upon. */
export const kafkaError = {
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  unknownTopicId: 100,
  inconsistentTopicId: 103,
} as const

const names: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  9: 'REPLICA_NOT_AVAILABLE',
  13: 'NETWORK_EXCEPTION',
  17: 'INVALID_TOPIC_EXCEPTION',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  35: 'UNSUPPORTED_VERSION',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  78: 'OFFSET_NOT_AVAILABLE',
  100: 'UNKNOWN_TOPIC_ID',
  103: 'INCONSISTENT_TOPIC_ID',
}

/** A code that a broker answered with, as an error to throw. */
export function brokerFault(code: number, thing: string): HeadwaterError | KafkaFault {
  const found = names[code] ?? `error ${code}`
  if (code === 29 || code === 31) {
    const remedy =
      'allow this user to read and describe the topic (kafka-acls --add --consumer …), or name another user'
    return invalid({ code: 'not-authorised', thing, expected: 'the right to read it', found, remedy })
  }
  if (code === 17) return invalid({ code: 'bad-topic', thing, expected: 'the name of a topic', found })
  return new KafkaFault(`${thing}: ${found}`)
}

/** Errors of connecting that another try does not change become ours; the rest stays what it is. */
export function connectFault(error: unknown, broker: string): unknown {
  if (error instanceof HeadwaterError) return error
  const chain = causes(error)
  const text = chain.map(messageOf).join(': ')
  if (isRefusedUser(chain)) {
    return invalid({
      code: 'not-authenticated',
      thing: `broker ${broker}`,
      expected: 'a SASL mechanism, user and password that it knows',
      found: text,
      remedy:
        'check sasl.mechanism, sasl.username and sasl.password, and that this port of the broker asks for SASL',
    })
  }
  if (chain.some(each => hasErrno(each, ...untrusted))) {
    return invalid({
      code: 'tls-untrusted',
      thing: `broker ${broker}`,
      expected: 'a certificate that is trusted and names the broker',
      found: text,
      remedy:
        'give the authority that signed it (ssl.ca.location), and name brokers as their certificates do',
    })
  }
  if (chain.some(each => hasErrno(each, 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'))) {
    return invalid({
      code: 'no-tls',
      thing: `broker ${broker}`,
      expected: 'TLS on this port',
      found: text,
      remedy: 'use the port of an SSL listener, or connect without TLS',
    })
  }
  return error
}

const untrusted = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
] as const

/** A broker that went away while we introduced ourselves has not refused us. */
function isRefusedUser(chain: readonly unknown[]): boolean {
  const refused = chain.some(each => hasErrno(each, 'PLT_KFK_AUTHENTICATION'))
  return (
    refused && !chain.some(each => hasErrno(each, 'PLT_KFK_NETWORK', 'PLT_KFK_TIMEOUT') && !isWrapper(each))
  )
}

/** The client wraps every failed connection in a network error, a refused user too. */
function isWrapper(error: unknown): boolean {
  return causes(error)
    .slice(1)
    .some(each => hasErrno(each, 'PLT_KFK_AUTHENTICATION'))
}

/** An error, what caused it, and what caused that. */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let each = error; each instanceof Error && chain.length < 10; each = each.cause) chain.push(each)
  return chain.length === 0 ? [error] : chain
}

/** One line for people, with what was behind it. */
export function faultText(error: unknown): string {
  const texts = causes(error).map(each => messageOf(each).trim().replace(/\.$/, ''))
  return texts.filter((text, i) => text !== '' && texts.indexOf(text) === i).join(': ')
}

/** `invalid`, code `no-such-topic`. `thing`: the address that names it. */
export function noSuchTopic(thing: string, topic: string): HeadwaterError {
  return invalid({
    code: 'no-such-topic',
    thing,
    expected: `a topic ${topic}`,
    found: 'none of that name',
    remedy: 'check the name, or create it (kafka-topics --create)',
  })
}
