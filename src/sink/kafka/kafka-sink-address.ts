/** A Kafka sink by its address: `kafka://host:port/topic?key=user&guarantee=at-least-once`, with the settings of a file beside it. */
import { invalid } from '../../errors.ts'
import { topicAddress } from '../../kafka/address.ts'
import {
  clusterOptions,
  readKafkaProperties,
  refuseSecrets,
  type KafkaProperties,
} from '../../kafka/properties.ts'
import type { Sink } from '../sink.ts'
import { kafkaSink, type KafkaGuarantee, type KafkaSinkOptions } from './kafka-sink.ts'

/** What an address says of the sink itself; all others are settings of Kafka's clients. */
const own = ['key', 'guarantee', 'partitioner', 'pointers', 'timestamp'] as const

/**
 * The sink at that address; nothing is connected yet. `config`: a file of `name=value` lines, for what must not stand in an
 * address. Errors: `invalid` `bad-log-address`, `bad-brokers`, `bad-kafka-config`, `bad-option`.
 */
export function kafkaSinkAt(address: string, config?: string): Sink<KafkaGuarantee> {
  const { brokers, topic, parameters } = topicAddress(address)
  refuseSecrets(parameters)
  const thing = `kafka://${brokers}/${topic}?…`
  for (const name of parameters.keys()) {
    if (name.includes('.') || (own as readonly string[]).includes(name)) continue
    throw bad(`${thing}: ${name}`, `${own.join(', ')}, or a setting of Kafka's clients`, 'something else')
  }
  const fromFile = config === undefined ? new Map<string, string>() : readKafkaProperties(config)
  const settings = new Map([...fromFile, ...parameters])
  return kafkaSink<KafkaGuarantee>({
    ...clusterOptions(settings, config ?? thing),
    ...writingOptions(settings, config ?? thing),
    ...ownOptions(parameters, thing),
    brokers,
    topic,
  })
}

function ownOptions(
  parameters: KafkaProperties,
  thing: string,
): Partial<KafkaSinkOptions> & { guarantee?: KafkaGuarantee } {
  const [key, guarantee, partitioner, pointers, timestamp] = own.map(name => parameters.get(name))
  if (partitioner !== undefined && partitioner !== 'murmur2' && partitioner !== 'crc32') {
    throw bad(`${thing}: partitioner`, 'murmur2 or crc32', `'${partitioner}'`)
  }
  if (guarantee !== undefined && guarantee !== 'exactly-once' && guarantee !== 'at-least-once') {
    throw bad(`${thing}: guarantee`, 'exactly-once or at-least-once', `'${guarantee}'`)
  }
  const keys = key?.split(',')
  return {
    ...(keys !== undefined && { key: keys.length === 1 ? (keys[0] as string) : keys }),
    ...(guarantee !== undefined && { guarantee }),
    ...(partitioner !== undefined && { partitioner }),
    ...(pointers !== undefined && { pointers }),
    ...(timestamp !== undefined && { timestamp }),
  }
}

/** Settings by the names of the Java client, or of librdkafka. */
function writingOptions(settings: KafkaProperties, thing: string): Partial<KafkaSinkOptions> {
  const number = (...names: readonly string[]): number | undefined => {
    const name = names.find(each => settings.has(each))
    if (name === undefined) return undefined
    const text = settings.get(name) as string
    if (/^\d+$/.test(text)) return Number(text)
    throw bad(`${thing}: ${name}`, 'a whole number', `'${text}'`)
  }
  const compression = settings.get('compression.type') ?? settings.get('compression.codec')
  const transactionTimeoutMs = number('transaction.timeout.ms')
  const batchBytes = number('batch.size')
  const bufferBytes = number('buffer.memory')
  return {
    ...(compression !== undefined && {
      compression: compression as NonNullable<KafkaSinkOptions['compression']>,
    }),
    ...(transactionTimeoutMs !== undefined && { transactionTimeoutMs }),
    ...(batchBytes !== undefined && { batchBytes }),
    ...(bufferBytes !== undefined && { bufferBytes }),
  }
}

function bad(thing: string, expected: string, found: string): Error {
  return invalid({ code: 'bad-kafka-config', thing, expected, found })
}
