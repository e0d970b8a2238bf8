/** Brokers and topics as people write them: `host:port,host:port`, `kafka://host:port,host:port/topic`. */
import { invalid } from '../errors.ts'
import type { BrokerAddress } from './kafka.ts'

const defaultPort = 9092

/** Errors: `invalid`, code `bad-brokers`. */
export function brokersOf(given: string | readonly string[]): readonly BrokerAddress[] {
  const texts = (typeof given === 'string' ? [given] : given).flatMap(text => text.split(','))
  const addresses = texts.map(text => text.trim()).filter(text => text !== '')
  if (addresses.length === 0) throw badBrokers('none')
  return addresses.map(brokerOf)
}

/** `host:port`; an IPv6 address stands in brackets. */
export function brokerText({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function brokerOf(text: string): BrokerAddress {
  const match = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? defaultPort : Number(match[3])
  if (host === undefined || port < 1 || port > 65_535) throw badBrokers(`'${text}'`)
  return { host, port }
}

function badBrokers(found: string): Error {
  return invalid({
    code: 'bad-brokers',
    thing: 'kafka',
    expected: 'brokers like host:9092,other:9092',
    found,
  })
}

/** What a `kafka:` address names. */
export interface TopicAddress {
  readonly brokers: string
  readonly topic: string
  /** What stands behind a `?`, decoded. */
  readonly parameters: ReadonlyMap<string, string>
}

/** The form of an address, for messages. */
export const topicAddressForm = 'kafka://HOST:PORT[,HOST:PORT]/TOPIC'

/** Errors: `invalid`, codes `bad-log-address`, `bad-brokers`. */
export function topicAddress(text: string): TopicAddress {
  const match = /^kafka:\/\/([^/?]+)\/([^/?#]+)(?:\?(.*))?$/i.exec(text)
  const [, brokers, topic, query] = match ?? []
  const name = topic === undefined ? '' : decoded(topic)
  if (brokers === undefined || !isTopicName(name) || brokers.includes('@')) {
    throw invalid({
      code: 'bad-log-address',
      // Nothing of a malformed address is repeated that may be a password.
      thing: brokers?.includes('@') === true ? 'a kafka: address' : `log '${text.replace(/\?.*$/s, '?…')}'`,
      expected: topicAddressForm,
      found: brokers?.includes('@') === true ? 'a user or password in it' : 'something else',
      remedy: 'kafka://localhost:9092/payments; user and password belong in a file, --kafka-config FILE',
    })
  }
  brokersOf(brokers)
  return { brokers, topic: name, parameters: new Map(new URLSearchParams(query ?? '')) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

function isTopicName(name: string): boolean {
  return /^[\w.-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}
