/** A topic by its address: `kafka://host:port,host:port/topic?value=string`, with the settings of a file beside it. */
import { invalid } from '../../errors.ts'
import { topicAddress } from '../../kafka/address.ts'
import {
  clusterOptions,
  readKafkaProperties,
  refuseSecrets,
  type KafkaProperties,
} from '../../kafka/properties.ts'
import { formatOf } from './format-settings.ts'
import { kafka, type KafkaOptions } from './kafka.ts'
import type { Log } from '../log.ts'

/** What an address says of the records; all others are settings of Kafka's clients, or of a schema registry. */
const own: readonly string[] = ['key', 'value']

/** Settings beside those of an address. */
export interface KafkaAddressOptions {
  /** A file of `name=value` lines, as Kafka's clients and kcat have them; user and password belong there. */
  readonly config?: string
  /** These win over the address and the file. */
  readonly options?: Partial<KafkaOptions>
}

/**
 * The topic at that address; nothing is connected yet. What stands behind `?` are settings as in the file, but for secrets;
 * `value` and `key` say what the records hold. Errors: `invalid`, codes `bad-log-address`, `bad-brokers`,
 * `bad-kafka-config`.
 */
export function kafkaAt(address: string, { config, options }: KafkaAddressOptions = {}): Log {
  const { brokers, topic, parameters } = topicAddress(address)
  refuseSecrets(parameters)
  const unknown = [...parameters.keys()].find(name => !name.includes('.') && !own.includes(name))
  if (unknown !== undefined) {
    const expected = `${own.join(', ')}, or a setting of Kafka's clients`
    throw badSetting(`kafka://${brokers}/${topic}?…: ${unknown}`, expected, 'something else')
  }
  const fromFile = config === undefined ? new Map<string, string>() : readKafkaProperties(config)
  const settings = new Map([...fromFile, ...parameters])
  const thing = config ?? `kafka://${brokers}/${topic}?…`
  return kafka({
    ...clusterOptions(settings, thing),
    ...readingOptions(settings, thing),
    brokers,
    topic,
    ...options,
  })
}

function readingOptions(settings: KafkaProperties, thing: string): Partial<KafkaOptions> {
  const fetchBytes = settings.get('fetch.max.bytes')
  const key = formatOf(settings, 'key', thing)
  const value = formatOf(settings, 'value', thing)
  const fetchWaitMs = settings.get('fetch.max.wait.ms') ?? settings.get('fetch.wait.max.ms')
  return {
    ...(fetchBytes !== undefined && { fetchBytes: wholeNumber(fetchBytes, `${thing}: fetch.max.bytes`) }),
    ...(fetchWaitMs !== undefined && {
      fetchWaitMs: wholeNumber(fetchWaitMs, `${thing}: fetch.max.wait.ms`),
    }),
    ...(key !== null && { key }),
    ...(value !== null && { value }),
  }
}

function wholeNumber(text: string, thing: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw badSetting(thing, 'a whole number', `'${text}'`)
}

function badSetting(thing: string, expected: string, found: string): Error {
  return invalid({ code: 'bad-kafka-config', thing, expected, found })
}
