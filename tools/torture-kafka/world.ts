/** Where it all happens: a broker of its own, the topics, the folders. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shortSession, startBroker, type Broker } from '../kafka/broker.ts'
import { EventLog } from './event-log.ts'

export interface World {
  readonly broker: Broker
  readonly folder: string
  readonly log: EventLog
  readonly input: string
  /** Where the exactly-once sink writes; null where it is left out. */
  readonly output: string | null
  readonly marks: string
  readonly job: string
  readonly history: string
  readonly savepoint: string
  readonly checkpoints: string
  /** Of the sink `parts`. */
  readonly parts: string
  /** What all children say. */
  readonly said: string
}

export const partitions = 4
export const producers = 4

export async function makeWorld(folder: string, withTopicSink: boolean): Promise<World> {
  mkdirSync(folder, { recursive: true })
  const log = new EventLog(join(folder, 'events.log'))
  const broker = await startBroker({ settings: shortSession })
  const [input, output, marks] = ['numbers', withTopicSink ? 'seen' : null, 'marks']
  // Nothing is deleted by time: what is trimmed is trimmed by us.
  const config = { 'retention.ms': '-1' }
  await broker.admin.createTopic(input, partitions, config)
  await broker.admin.createTopic(marks, producers, config)
  if (output !== null) await broker.admin.createTopic(output, 3, config)
  const job = fileURLToPath(new URL('../../fixtures/jobs/numbered.ts', import.meta.url))
  return {
    broker,
    folder,
    log,
    input,
    output,
    marks,
    job: `${job}#${withTopicSink ? 'numberedToTopic' : 'numbered'}`,
    history: join(folder, 'history'),
    savepoint: join(folder, 'savepoint'),
    checkpoints: join(folder, 'checkpoints'),
    parts: join(folder, 'parts'),
    said: join(folder, 'said.log'),
  }
}

/** The input topic as `--log` takes it. */
export function inputAddress({ broker, input }: World): string {
  return `kafka://${broker.addresses.plaintext}/${input}`
}
