/** What commands that read logs have in common: how a log is named, and the settings that its address does not say. */
import type { OpenLogOptions } from '../source/log-url.ts'
import type { Arguments } from './arguments.ts'
import type { Option } from './cli.ts'

/** The forms of an address. */
export const logForms = 'file:DIR or kafka://HOST:PORT/TOPIC'

/** The declarations. */
export const logOptions: Readonly<Record<string, Option>> = {
  'kafka-config': {
    value: 'FILE',
    text: 'name=value settings of Kafka clients: security.protocol, sasl.username, …; for all kafka: logs and sinks',
  },
}

/** Their values, for `openLog`. */
export function openLogOptions(args: Arguments): OpenLogOptions {
  const kafkaConfig = args.text('kafka-config')
  return kafkaConfig === null ? {} : { kafkaConfig }
}
