/**
 * L10 over real topics: for random records, transactions and cuts, history-then-live = live alone, in state digest and in
 * each key's emissions after the cut. History is the archive of the topics below the cut.
 */
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Job } from '../../../src/job/job.ts'
import { fieldsOf } from '../../../src/record/record.ts'
import { graphOf } from '../../../src/job/brand.ts'
import { archive } from '../../../src/source/archive/archive.ts'
import type { Log } from '../../../src/source/log.ts'
import { parquet } from '../../../src/source/parquet.ts'
import type { TransactionalProducer } from '../../../tools/kafka/admin.ts'
import { historyThenLive, liveAlone, type HistoryOf, type LogsOf } from '../../laws/equivalence.ts'
import { everything, partitioned, skipping } from '../../laws/jobs.ts'
import { placeOf, scheduleOf, type Cut } from '../../laws/schedules.ts'
import { readerOf } from '../source/topic-under-test.ts'
import { sharedBroker } from '../support/shared-broker.ts'
import { endsOf, orderedLogs, shortened } from './ordered-logs.ts'
import {
  partitions,
  writeTopics,
  type Place,
  type Step,
  type WrittenTopics,
} from './topics-with-transactions.ts'

const places: readonly Place[] = [
  ['a', 0],
  ['a', 1],
  ['a', 2],
  ['b', 0],
  ['b', 2],
]

type Value = Readonly<Record<string, unknown>>

/** Values of the jobs' records; of `partitioned` each key is in one partition. */
const values: Readonly<Record<'everything' | 'partitioned' | 'skipping', fc.Arbitrary<Value>>> = {
  everything: fc.record({
    key: fc.constantFrom('x', 'y', 'z'),
    other: fc.constantFrom('p', 'q', 'x'),
    n: fc.nat(6),
    at: fc.nat(20),
  }),
  partitioned: fc.record({
    key: fc.constantFrom('x', 'y', 'z'),
    other: fc.constantFrom('p', 'q'),
    n: fc.nat(6),
    at: fc.nat(20),
  }),
  skipping: fc.record({
    key: fc.constantFrom('x', 'x,,y', ',', '', null),
    n: fc.constantFrom(0, 1, 2, null),
    at: fc.constantFrom(10, 20, 25, 500, 999, 1000, null),
  }),
}

const worlds = (kind: keyof typeof values) =>
  fc.record({
    steps: fc.array(
      fc.record({
        end: fc.constantFrom('none' as const, 'commit' as const, 'abort' as const),
        rows: fc.array(fc.record({ place: fc.constantFrom(...places), value: values[kind] }), {
          minLength: 1,
          maxLength: 8,
        }),
      }),
      { minLength: 3, maxLength: 8 },
    ),
    /** Parts of a hundred of each place. */
    cut: fc.array(fc.nat(100), { minLength: places.length, maxLength: places.length }),
    choices: fc.array(fc.nat(7), { minLength: 1, maxLength: 8 }),
    ways: fc.record({
      batchRecords: fc.integer({ min: 1, max: 6 }),
      maxResidentKeys: fc.constantFrom(0, 1_000_000),
      checkpointEveryMs: fc.constantFrom(0, 1_000_000),
      stops: fc.array(fc.nat(6), { maxLength: 1 }),
    }),
  })

type World = ReturnType<typeof worlds> extends fc.Arbitrary<infer T> ? T : never

describe('L10 equivalence over topics', () => {
  const broker = sharedBroker()
  let producer: TransactionalProducer
  before(async () => {
    producer = await broker.admin.transactional('equivalence')
  })
  after(async () => {
    await producer.forget()
  })

  const openTopics = ({ topics }: WrittenTopics): ReadonlyMap<string, Log> =>
    new Map([...topics].map(([source, topic]) => [source, readerOf(broker, topic, { fetchWaitMs: 50 })]))

  /** Archives each source's topic below the cut. */
  const archived =
    (job: Job, written: WrittenTopics, cut: Cut): HistoryOf =>
    async (_, folder, source) => {
      const log = openTopics(written).get(source) as Log
      const to = join(folder, `history-${source}`)
      const schema = graphOf(job).sources.find(({ name }) => name === source)?.schema ?? {}
      const before = Array.from({ length: partitions }, (_each, partition) => partition).map(
        partition => [partition, cut.get(placeOf({ source, partition })) ?? 0] as const,
      )
      await archive({ log, to, before: { positions: new Map(before) }, fields: fieldsOf(schema) })
      await log.close()
      return parquet(to)
    }

  /** Logs of the topics, in the order of the schedule where that matters. */
  const logsOf =
    (written: WrittenTopics, isOrdered: boolean): LogsOf =>
    (sources, schedule, { batchRecords }) => {
      const ends = endsOf(written.records, schedule)
      const opened = [...openTopics(written)].map(([source, log]): [string, Log] => [
        source,
        shortened(log, ends.get(source) ?? new Map(), batchRecords),
      ])
      const logs = Object.fromEntries(opened.filter(([source]) => sources.includes(source)))
      return isOrdered ? orderedLogs(logs, schedule, batchRecords) : logs
    }

  function cutOf({ ends }: WrittenTopics, parts: readonly number[]): Cut {
    const positions = places.map(([source, partition], i) => {
      const place = placeOf({ source, partition })
      return [place, Math.round(((ends.get(place) ?? 0) * (parts[i] as number)) / 100)] as const
    })
    return new Map(positions.filter(([, next]) => next > 0))
  }

  async function holds(
    job: Job,
    steps: readonly Step[],
    { cut: parts, choices, ways }: World,
  ): Promise<void> {
    const written = await writeTopics(job.sources, steps, producer)
    const cut = cutOf(written, parts)
    const schedule = scheduleOf(written.records, cut, choices)
    const logs = logsOf(written, job !== partitioned)
    const roomy = { batchRecords: 100, maxResidentKeys: 1_000_000, checkpointEveryMs: 1_000_000, stops: [] }
    const expected = await liveAlone(job, schedule, cut, { ...roomy, partitions }, logs)
    const history = archived(job, written, cut)
    const found = await historyThenLive(job, schedule, cut, { ...ways, partitions }, history, logs)
    expect(found, `cut ${JSON.stringify([...cut])}`).to.deep.equal(expected)
    // And without Kafka: what was written, and nothing that was aborted. Positions differ, so the digest does.
    const { emissions, counts } = await liveAlone(job, schedule, cut, { ...roomy, partitions })
    expect({ emissions, counts }).to.deep.equal({ emissions: expected.emissions, counts: expected.counts })
  }

  const cases: readonly (readonly [keyof typeof values, Job, number, string])[] = [
    ['everything', everything, 8, 'all pipelines over two topics, keys anywhere, in the order of a schedule'],
    ['partitioned', partitioned, 6, 'each key in one partition, in whatever order the partitions come'],
    ['skipping', skipping, 6, 'records that can not be used'],
  ]
  for (const [kind, job, numRuns, title] of cases) {
    it(`holds at ${numRuns} cuts: ${title}`, async () => {
      const property = fc.asyncProperty(worlds(kind), async world => {
        const steps = world.steps.map(step => ({
          ...step,
          rows: step.rows
            .filter(({ place: [source] }) => job.sources.includes(source))
            .map(({ place, value }) =>
              kind === 'partitioned'
                ? { place, value: { ...value, key: `${String(value['key'])}${place[1]}` } }
                : { place, value },
            ),
        }))
        await holds(job, steps, world)
      })
      await fc.assert(property, { numRuns, endOnFailure: true })
    })
  }
})
