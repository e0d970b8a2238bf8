/**
 * `npm run bench:kafka [-- --messages N] [--runs N]`: a running total over a topic of a real broker, to its end, with
 * checkpoints every 10 s into a folder on disk, in turns with a bare loop that keeps nothing, and with two workers. What each
 * found is checked. Prints medians and writes bench-kafka.json; with fewer than 10 M messages nothing is graded.
 * Exit code 77: no broker can run here.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { emptySavepoint, kafka } from '../src/index.ts'
import { median, spread, type BenchResult } from './bench/measure.ts'
import { peers } from './bench/kafka-peers.ts'
import { loadJob, runBare, runHeadwater, type KafkaSample, type Messages } from './bench/kafka-runs.ts'
import { startBroker, whyNoBroker, type Broker } from './kafka/broker.ts'

const skipped = 77
const gradedFrom = 10_000_000
const topic = 'payments'
const cores = cpus().length
/** One for each worker, and one for the broker. */
const hasSpareCore = cores >= 3
const [count, runs] = [numberAfter('--messages', gradedFrom), numberAfter('--runs', 3)]

function numberAfter(flag: string, otherwise: number): number {
  const at = process.argv.indexOf(flag)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}

async function filled(broker: Broker): Promise<Messages> {
  const users = Math.max(1, Math.round(count / 10))
  console.log(`writing ${count} messages of ${users} users into 8 partitions …`)
  await broker.admin.createTopic(topic, 8)
  const started = performance.now()
  const made = await broker.admin.fill(topic, { messages: count, users })
  console.log(`  ${perSecond(performance.now() - started)} k messages/s`)
  return { address: broker.addresses.plaintext, topic, count, made, brokerPid: broker.pid ?? 0 }
}

/** Thousands. */
function perSecond(ms: number): string {
  return (count / ms).toFixed(0)
}

type Samples = Readonly<Record<'bare' | 'one' | 'two', readonly KafkaSample[]>>

async function inTurns(messages: Messages, folder: string): Promise<Samples> {
  const empty = join(folder, 'empty')
  const { totals } = await loadJob()
  const log = kafka({ brokers: messages.address, topic })
  await emptySavepoint(totals, { log: { payments: log }, into: empty } as never)
  const samples = { bare: [] as KafkaSample[], one: [] as KafkaSample[], two: [] as KafkaSample[] }
  for (let run = 0; run < runs; run++) {
    samples.bare.push(await runBare(messages))
    samples.one.push(await runHeadwater(messages, empty, folder, 1))
    samples.two.push(await runHeadwater(messages, empty, folder, 2))
    const [bare, one, two] = [samples.bare, samples.one, samples.two].map(each => each[run] as KafkaSample)
    console.log(`  ${[bare, one, two].map(each => perSecond(each!.wallMs)).join(', ')} k messages/s`)
  }
  return samples
}

function print(what: string, samples: readonly KafkaSample[]): void {
  const of = (pick: (sample: KafkaSample) => number, digits = 1): string => spread(samples.map(pick), digits)
  console.log(
    `${what}: ${of(({ wallMs }) => count / wallMs, 0)} k messages/s (min / median / max of ${samples.length}), CPU ${of(
      ({ cpuMs }) => cpuMs / 1000,
    )} s, memory ${of(({ rssMb }) => rssMb, 0)} MB; the whole process ${of(({ wholeMs }) => wholeMs / 1000)} s, the broker's CPU ${of(
      ({ brokerS }) => brokerS,
    )} s, idle ${of(({ idleCores }) => idleCores, 2)} cores`,
  )
}

const rate = (samples: readonly KafkaSample[]): number =>
  median(samples.map(({ wallMs }) => (count / wallMs) * 1000))

/** Pair by pair, so that a slow minute of the machine counts against both. */
function ratio(a: readonly KafkaSample[], b: readonly KafkaSample[]): number {
  return median(a.map(({ wallMs }, i) => (b[i] as KafkaSample).wallMs / wallMs))
}

function resultsOf({ bare, one, two }: Samples): readonly BenchResult[] {
  const line = (
    work: string,
    own: number,
    baseline: BenchResult['baseline'],
    goal: string,
    least: number,
  ) => ({
    work,
    median: own,
    unit: 'messages/s',
    baseline,
    ratio: own / baseline.median,
    goal,
    met: own / baseline.median >= least,
  })
  const best = Math.max(rate(one), rate(two))
  const paired = (result: BenchResult, by: number, least: number): BenchResult => ({
    ...result,
    ratio: by,
    met: by >= least,
  })
  return [
    paired(
      line(
        'running total, checkpoints every 10 s',
        rate(one),
        { work: 'bare loop', median: rate(bare) },
        'at least 0.75',
        0,
      ),
      ratio(one, bare),
      0.75,
    ),
    paired(
      line(
        'the same with 2 workers',
        rate(two),
        { work: '1 worker', median: rate(one) },
        hasSpareCore
          ? 'at least 1.5'
          : `at least 1.5 where a core is to spare; here ${cores} cores had two workers and the broker, so it is not graded`,
        0,
      ),
      ratio(two, one),
      hasSpareCore ? 1.5 : 0,
    ),
    ...peers.map(({ name, perSecond: theirs, isGoal }) =>
      line(
        'running total, both cores',
        best,
        { work: name, median: theirs },
        isGoal ? 'above 1' : 'none: the next one',
        isGoal ? 1 : 0,
      ),
    ),
  ]
}

async function bench(broker: Broker, folder: string): Promise<void> {
  const messages = await filled(broker)
  const samples = await inTurns(messages, folder)
  print('bare loop', samples.bare)
  print('headwater run', samples.one)
  print('headwater run --workers 2', samples.two)
  const results = resultsOf(samples)
  await writeFile('bench-kafka.json', `${JSON.stringify({ count, samples, results }, null, 2)}\n`)
  const isGraded = count >= gradedFrom
  for (const { work, median: own, unit, baseline, ratio: by, goal, met } of results) {
    const grade = isGraded ? (met ? 'met   ' : 'MISSED') : 'small '
    console.log(
      `${grade}  ${work}: ${own.toFixed(0)} ${unit}; ${baseline.work}: ${baseline.median.toFixed(0)}; ratio ${by.toFixed(2)}; goal: ${goal}`,
    )
  }
  if (isGraded && results.some(({ met }) => !met)) process.exitCode = 1
}

const why = whyNoBroker()
if (why !== null) {
  console.log(`skipped: ${why}`)
  process.exitCode = skipped
} else {
  const started = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'headwater-bench-kafka-'))
  const broker = await startBroker({ heap: '512m' })
  try {
    await bench(broker, folder)
  } finally {
    await broker.stop()
    await rm(folder, { recursive: true, force: true })
  }
  console.log(`took ${((performance.now() - started) / 1000).toFixed(0)} s`)
}
