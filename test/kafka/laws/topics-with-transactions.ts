/** Topics for the law, one a source: records in transactions that end well or ill, and in none. */
import { randomUUID } from 'node:crypto'
import type { NewRecord, TransactionalProducer } from '../../../tools/kafka/admin.ts'
import type { Scripted } from '../../laws/scripted-log.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'

/** Where a record goes. */
export type Place = readonly [source: string, partition: number]

/** Records that are written together. */
export interface Step {
  readonly end: 'none' | 'commit' | 'abort'
  readonly rows: readonly { readonly place: Place; readonly value: Readonly<Record<string, unknown>> }[]
}

/** What was written. */
export interface WrittenTopics {
  readonly topics: ReadonlyMap<string, string>
  /** Those that count; `id` in their value names source, partition and place in the script. */
  readonly records: readonly Scripted[]
  /** The end of each place, `source/partition`: markers and aborted records have numbers too. */
  readonly ends: ReadonlyMap<string, number>
}

/** Partitions a topic. */
export const partitions = 3

/** Writes the steps. */
export async function writeTopics(
  sources: readonly string[],
  steps: readonly Step[],
  producer: TransactionalProducer,
): Promise<WrittenTopics> {
  const { admin } = sharedBroker()
  const made = sources.map(async source => [source, await newTopic(admin, partitions, kept)] as const)
  const topics = new Map(await Promise.all(made))
  const records: Scripted[] = []
  for (const { end, rows } of steps) {
    const written: Scripted[] = []
    if (end !== 'none') await producer.begin()
    for (const [source, topic] of topics) {
      const own = rows
        .filter(({ place }) => place[0] === source)
        .map(({ place: [, partition], value }) => ({ partition, value: { id: randomUUID(), ...value } }))
      if (own.length === 0) continue
      const sent = own.map(({ partition, value }) => ({ partition, value: JSON.stringify(value), time: 0 }))
      const send = (to: string, all: readonly NewRecord[]) =>
        end === 'none' ? admin.produce(to, all) : producer.send(to, all)
      for (const [i, { offset }] of (await send(topic, sent)).entries())
        written.push({ source, offset, ...(own[i] as (typeof own)[number]) })
    }
    if (end !== 'none') await producer[end]()
    if (end !== 'abort') records.push(...written)
  }
  return { topics, records, ends: await endsOf(topics) }
}

const kept = { 'retention.ms': '-1' }

async function endsOf(topics: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, number>> {
  const ends = [...topics].map(async ([source, topic]) => {
    const described = await sharedBroker().admin.describeTopic(topic)
    return described.partitions.map(
      ({ partition, lastStable }) => [`${source}/${partition}`, lastStable] as const,
    )
  })
  return new Map((await Promise.all(ends)).flat())
}
