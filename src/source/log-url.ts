/** Logs by their address, as the command line takes them: `file:DIR`, `kafka://HOST:PORT/TOPIC`. */
import { invalid } from '../errors.ts'
import { topicAddressForm } from '../kafka/address.ts'
import { fileLog, type FileLogOptions } from './file-log/file-log.ts'
import { kafkaAt } from './kafka/kafka-address.ts'
import type { KafkaOptions } from './kafka/kafka.ts'
import type { Log } from './log.ts'

/** The schemes there are, each with the form of its address. */
const forms = { file: 'file:DIR', kafka: topicAddressForm } as const

/** What an address does not say. */
export interface OpenLogOptions extends FileLogOptions {
  /** For topics: a file with settings of the Java client or librdkafka, `name=value` lines. */
  readonly kafkaConfig?: string | undefined
  /** For topics: what wins over address and file. */
  readonly kafka?: Partial<KafkaOptions>
}

/** The log at that address; nothing is opened yet. Errors: `invalid` `unknown-log-scheme`, `bad-log-address`, `bad-kafka-config`. */
export function openLog(address: string, options: OpenLogOptions = {}): Log {
  const { kafkaConfig, kafka, ...fileOptions } = options
  if (schemeOf(address) === 'kafka') {
    return kafkaAt(address, {
      ...(kafkaConfig !== undefined && { config: kafkaConfig }),
      options: { ...(options.clock && { clock: options.clock }), ...kafka },
    })
  }
  return fileLog(folderOf(address, Object.values(forms).join(', ')), fileOptions)
}

/** The folder of a `file:` address, for what only a file log can do. Errors as `openLog`. */
export function fileLogFolder(address: string): string {
  return folderOf(address, forms.file)
}

/** `localhost:9092/payments` is a topic whose scheme was left out, and no folder. */
const brokerForm = /^[^/\s]+:\d+\/[^/]+$/

function folderOf(address: string, known: string): string {
  const scheme = schemeOf(address)
  if (scheme !== 'file') {
    const isBroker = known !== forms.file && brokerForm.test(address)
    const found = scheme === null || isBroker ? 'no scheme' : `${scheme}:`
    const meant = isBroker ? `kafka://${address}` : `file:${address}`
    const remedy = found === 'no scheme' ? `write ${meant}` : 'use one of them'
    throw invalid({ code: 'unknown-log-scheme', thing: `log '${address}'`, expected: known, found, remedy })
  }
  const dir = address.slice('file:'.length)
  if (dir !== '' && !dir.startsWith('//')) return dir
  const remedy = 'file:log/purchases is relative to the working folder, file:/var/log/purchases is not'
  throw invalid({
    code: 'bad-log-address',
    thing: `log '${address}'`,
    expected: forms.file,
    found: 'no folder',
    remedy,
  })
}

function schemeOf(address: string): string | null {
  return /^([a-z][a-z0-9+-]*):/i.exec(address)?.[1] ?? null
}
