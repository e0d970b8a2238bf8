// npm run demo:kafka: the whole story on a real topic, as a user would type it. A broker is started for it (tools/kafka) and
// everything lies in a folder that is removed at the end. At the end other implementations recount it: DuckDB the archive,
// the Java client the topic that the job writes. Exit code 77 where there is no JDK or no Maven.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { command, lastWords, mustRun, quietly, stage, start, type Running } from './demo-kafka/command.ts'
import { recount } from './demo-kafka/recount.ts'
import { startBroker, whyNoBroker, type Broker } from './kafka/broker.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const job = join(root, 'fixtures/jobs/payments-topic.ts')
const partitions = 4
const [history, live, users] = [60_000, 40_000, 1000]

/** What all steps share. */
interface Demo {
  readonly broker: Broker
  readonly folder: string
  /** `kafka://host:port/`. */
  readonly cluster: string
}

async function topics({ broker: { admin } }: Demo): Promise<void> {
  stage('A topic', `${history} payments of ${users} users are in it, written by the Java client.`)
  await admin.createTopic('payments', partitions)
  await admin.createTopic('totals', partitions)
  await admin.fill('payments', { messages: history, users, seed: 1 })
}

async function archived({ broker: { admin }, cluster, folder }: Demo): Promise<void> {
  stage(
    'Its past as Parquet',
    'Offsets, times, keys and headers go with the values; then the topic lets all of it go.',
  )
  await mustRun(folder, ['archive', '--log', `${cluster}payments`, '--to', 'history', '--job', job])
  const { partitions: found } = await admin.describeTopic('payments')
  const places = found.map(({ partition, latest }) => ({ topic: 'payments', partition, offset: latest }))
  command(
    `kafka-delete-records --offset-json-file <(echo '${JSON.stringify({ partitions: places, version: 1 })}')`,
  )
  for (const { partition, offset } of places) await admin.trim('payments', partition, offset)
}

async function bootstrapped({ folder }: Demo): Promise<void> {
  stage(
    'History → savepoint',
    'The job runs over the Parquet files, its output muted, and leaves its state and positions.',
  )
  await mustRun(folder, [
    'bootstrap',
    job,
    '--history',
    'payments=history/*.parquet',
    '--into',
    'savepoints/past',
  ])
}

async function planned({ broker: { admin }, cluster, folder }: Demo): Promise<void> {
  await admin.fill('payments', { messages: 2000, users, seed: 2 })
  stage(
    'The handoff',
    'Where the topic is read from, held against what it has: 2000 payments came meanwhile.',
  )
  await mustRun(folder, ['plan', job, '--from', 'savepoints/past', '--log', `payments=${cluster}payments`])
}

/** The run, killed in the middle and started again; the archive goes on beside it. */
async function ran(demo: Demo): Promise<{ readonly run: Running; readonly archiver: Running }> {
  const { broker, cluster, folder } = demo
  stage(
    'Live, exactly once',
    'What the job puts out is committed to the topic totals with each checkpoint. The archive follows the topic meanwhile.\n' +
      `${live} more payments come; in their middle the run is killed, and started again by the same words.`,
  )
  const archiver = start(folder, ['archive', '--log', `${cluster}payments`, '--to', 'history', '--job', job, '--follow', '--roll-every', '2s']) // prettier-ignore
  const words = ['run', job, '--from', 'savepoints/past', '--log', `payments=${cluster}payments`, '--sink', `totals=${cluster}totals?key=user`, '--checkpoints', 'checkpoints', '--checkpoint-every', '1s'] // prettier-ignore
  const first = start(folder, words)
  const writing = broker.admin.fill('payments', { messages: live, users, seed: 3, perSecond: 4000 })
  await atLeast(demo, 15_000, first)
  command(`kill -9 ${first.pid}`)
  await first.kill()
  const run = start(folder, words)
  await writing
  await atLeast(demo, live + 2000, run)
  return { run, archiver }
}

/** Waits until so many results are committed in the output. */
async function atLeast({ broker: { admin } }: Demo, results: number, run: Running): Promise<void> {
  for (;;) {
    run.check()
    const { partitions: found } = await admin.describeTopic('totals')
    const count = found.reduce((sum, { lastStable }) => sum + lastStable, 0)
    if (count >= results) return
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}

async function looked({ folder }: Demo): Promise<void> {
  stage(
    'Proof',
    'History and topic join without a hole and without a double; a running job answers to its folder.',
  )
  await mustRun(folder, ['proof', 'checkpoints'])
  await mustRun(folder, ['savepoint', 'checkpoints', '--into', 'savepoints/present'])
  await mustRun(folder, ['stop', 'checkpoints'])
  await mustRun(folder, ['get', 'savepoints/present', 'u17'])
  await mustRun(folder, ['diff', 'savepoints/past', 'savepoints/present', '--limit', '3'], [0, 1])
}

async function checked({ broker, folder }: Demo): Promise<void> {
  stage(
    'Recount',
    'The state against DuckDB’s sums over the archive, the output against what the Java client reads.',
  )
  await mustRun(folder, ['verify', 'checkpoints'])
  const scan = (state: string): Promise<string> =>
    quietly(folder, ['scan', 'checkpoints', 'spending', state, '--json'])
  const [counts, totals] = [await scan('count'), await scan('total')]
  const found = await recount({ admin: broker.admin, archive: join(folder, 'history'), counts, totals })
  const expected = history + live + 2000
  if (found.payments !== expected)
    throw new Error(`the archive has ${found.payments} payments, not ${expected}`)
  if (found.results !== expected - history)
    throw new Error(`the output has ${found.results} results, not ${expected - history}`)
  console.log(
    `\n${found.payments} payments of ${found.users} users, ${found.results} results: nothing missing, nothing doubled`,
  )
}

async function story(demo: Demo): Promise<void> {
  await topics(demo)
  await archived(demo)
  await bootstrapped(demo)
  await planned(demo)
  const { run, archiver } = await ran(demo)
  await looked(demo)
  await run.end()
  command(`kill ${archiver.pid}`)
  await archiver.stop()
  await checked(demo)
}

async function main(): Promise<void> {
  const began = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'headwater-demo-kafka-'))
  console.log(
    '$ docker compose -f fixtures/kafka/docker-compose.yml up -d   # here its jars are started, without Docker',
  )
  const broker = await startBroker()
  try {
    await story({ broker, folder, cluster: `kafka://${broker.addresses.plaintext}/` })
    console.log(`\nDone after ${Math.round((performance.now() - began) / 1000)} s.`)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${lastWords()}`)
    process.exitCode = 1
  } finally {
    await broker.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const why = whyNoBroker()
if (why !== null) {
  console.log(`skipped: ${why}`)
  process.exitCode = 77
} else {
  console.log(`The job is ${relative(root, job)}.`)
  await main()
}
