/** Sinks by their address, as the command line takes them: `kafka://HOST:PORT/TOPIC`, `ndjson:DIR/`, `ndjson:FILE`, `stdout`. */
import { invalid } from '../errors.ts'
import { kafkaSinkAt } from './kafka/kafka-sink-address.ts'
import { ndjson } from './ndjson.ts'
import { ndjsonParts } from './ndjson-parts.ts'
import type { Sink } from './sink.ts'
import { stdout, type StdoutOptions } from './stdout.ts'

const forms = 'kafka://HOST:PORT/TOPIC, ndjson:DIR/, ndjson:FILE or stdout'

/** What an address does not say. */
export interface OpenSinkOptions extends StdoutOptions {
  /** For topics: a file with settings of the Java client or librdkafka, `name=value` lines. */
  readonly kafkaConfig?: string | undefined
}

/** The sink at that address; nothing is opened yet. Errors: `invalid` `unknown-sink-scheme`, `bad-sink-address`; those of topics. */
export function openSink(address: string, options: OpenSinkOptions = {}): Sink {
  if (address === 'stdout') return stdout(options)
  if (address.startsWith('kafka://')) return kafkaSinkAt(address, options.kafkaConfig)
  const thing = `sink '${address}'`
  if (!address.startsWith('ndjson:')) {
    const remedy = `for a file write ndjson:${address}`
    throw invalid({ code: 'unknown-sink-scheme', thing, expected: forms, remedy })
  }
  const path = address.slice('ndjson:'.length)
  if (path.endsWith('/')) return ndjsonParts(path)
  if (path !== '') return ndjson(path)
  throw invalid({ code: 'bad-sink-address', thing, expected: 'ndjson:DIR/ or ndjson:FILE', found: 'neither' })
}
