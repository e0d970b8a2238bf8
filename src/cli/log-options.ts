/** What commands that read logs have in common: how a log is named, and the settings that its address does not say. */
import type { KafkaOptions } from '../source/kafka/kafka.ts'
import type { OpenLogOptions } from '../source/log-url.ts'
import type { Arguments } from './arguments.ts'
import type { Option } from './cli.ts'
import type { Session } from './session.ts'

/** The forms of an address. */
export const logForms = 'file:DIR or kafka://HOST:PORT/TOPIC'

/** The declarations. */
export const logOptions: Readonly<Record<string, Option>> = {
  'kafka-config': {
    value: 'FILE',
    text: 'name=value settings of Kafka clients: security.protocol, sasl.username, …; for all kafka: logs and sinks',
  },
}

/** Who waits for a topic that does not answer: is told so, and may give up. */
export type Waiting = Pick<KafkaOptions, 'onWarning' | 'signal'>

/** Their values, for `openLog`. */
export function openLogOptions(args: Arguments, waiting?: Waiting): OpenLogOptions {
  const kafkaConfig = args.text('kafka-config')
  return { ...(kafkaConfig !== null && { kafkaConfig }), ...(waiting && { kafka: waiting }) }
}

/** What passes by itself is gone by then: about half a second. */
const toldAtTry = 4

/** Tells a person that waits for a topic why, once for each reason that lasts. */
export function troubleTeller({ progress }: Pick<Session, 'progress'>): (text: string) => void {
  const tries = new Map<string, number>()
  return text => {
    const number = (tries.get(text) ?? 0) + 1
    tries.set(text, number)
    if (number === toldAtTry) progress.note(text, { event: 'warning', text })
  }
}
