/** The whole: producers, archive, bootstrap, tasks under torture, and at the end the verdict. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Archiver, committedPositions } from './archiver.ts'
import type { Chance } from './chance.ts'
import { endText, startChild } from './child.ts'
import { clusterFates } from './cluster-fates.ts'
import { keepCommanding } from './commands.ts'
import { checkParts, checkTopic, countsOf, statesOf } from './final-state.ts'
import { startProducers, type Account } from './producers.ts'
import { recountOf } from './recount.ts'
import { startRun, type Break, type RunWords } from './run-command.ts'
import { TaskFates } from './task-fates.ts'
import { Team } from './team.ts'
import { inputRow, OutputCheck, stateRow, type Row } from './verdict.ts'
import { producers, type World } from './world.ts'

export interface StoryOptions {
  readonly minutes: number
  readonly keys: number
  readonly perSecond: number
  readonly seed: number
  readonly broken: Break
  /** Partitions are added. */
  readonly growth: boolean
}

export interface Told {
  readonly rows: readonly Row[]
  readonly happened: Account['happened']
}

const [warmUpMs, lastTryMs] = [6000, 180_000]

export async function tell(world: World, options: StoryOptions, chance: Chance): Promise<Told> {
  const { broker, folder, input, marks, log } = world
  const { keys, perSecond, seed, minutes, broken, growth } = options
  const steady = { topic: input, marks, producers, keys, perSecond, seed }
  const writing = await startProducers(broker.addresses.plaintext, folder, steady)
  try {
    const archiver = new Archiver(world, chance.split())
    await sleep(warmUpMs)
    await bootstrapped(world, archiver)
    const mute = await countsOf(world, world.savepoint)

    const team = new Team(world, chance.split())
    if (broken === 'at-least-once') team.broken = broken
    team.start(2, false)
    while ((await committedPositions(world)).size === 0 && log.failures.length === 0) await sleep(250)
    const until = performance.now() + minutes * 60_000
    const isOver = (): boolean => performance.now() >= until || log.failures.length > 0
    await Promise.all([
      archiver.keep(isOver),
      new TaskFates(world, team, chance.split()).keep(isOver),
      clusterFates(world, chance.split(), growth).keep(isOver),
      keepCommanding(world, chance.split(), isOver),
    ])
    const account = await writing.stop()
    log.say('producers have stopped')
    await team.end()
    const count = log.counts.has('partitions added') ? 1 : chance.of([1, 2, 3])
    await readToEnd(world, count, broken === 'at-least-once' ? broken : 'none', chance.split())
    return { rows: await verdict(world, archiver, account, mute), happened: account.happened }
  } finally {
    await writing.close()
  }
}

async function bootstrapped(world: World, archiver: Archiver): Promise<void> {
  const { job, history, savepoint, said, log } = world
  if (!(await archiver.archive())) throw new Error('the first archive failed; see said.log')
  await archiver.trim(archiver.archived)
  const args = ['bootstrap', job, '--history', `numbers=${history}/*.parquet`, '--into', savepoint]
  const ended = await startChild('bootstrap', args, said).ended
  log.note(`bootstrap: ${endText(ended)}`)
  if (ended.code !== 0) throw new Error(`bootstrap: ${ended.error?.message ?? 'see said.log'}`)
}

/** All tasks once more, until each has come to the end. */
async function readToEnd(world: World, count: number, broken: Break, chance: Chance): Promise<void> {
  const deadline = performance.now() + lastTryMs
  const shares = Array.from({ length: count }, (_, index) => ({ index, count, workers: false }))
  await Promise.all(
    shares.map(async share => await readShare(world, { share, untilEnd: true, broken }, deadline, chance)),
  )
}

async function readShare(world: World, words: RunWords, deadline: number, chance: Chance): Promise<void> {
  const { log } = world
  for (;;) {
    const child = startRun(world, words, chance)
    const timer = setTimeout(() => child.signal('SIGKILL'), deadline - performance.now())
    const ended = await child.ended
    clearTimeout(timer)
    log.say(`${child.name} to the end: ${endText(ended)} ${ended.error?.message ?? ''}`)
    if (ended.code === 0) return
    const isRefused = child.isFarAhead && ended.error?.code === 'bad-timestamp'
    const mayPass = isRefused || ['unavailable', 'conflict'].includes(ended.error?.kind ?? '')
    if (mayPass && performance.now() < deadline) continue
    const { partitions } = await world.broker.admin.describeTopic(world.input)
    const committed = [...(await committedPositions(world))].map(
      ([partition, next]) => `${partition}:${next}`,
    )
    log.say(`topic ${JSON.stringify(partitions)}, committed ${committed.join()}`)
    throw new Error(`${child.name} came to no end: ${endText(ended)} ${ended.error?.message ?? ''}`)
  }
}

async function verdict(
  world: World,
  archiver: Archiver,
  account: Account,
  mute: ReadonlyMap<string, number>,
): Promise<readonly Row[]> {
  const counted = await recountOf(world, archiver.archived)
  world.log.say(`recount: ${counted.archived} messages of the archive, ${counted.fromTopic} of the topic`)
  const isOrdered = !world.log.counts.has('partitions added')
  const parts = new OutputCheck('ndjson:DIR/, by headwater output', counted.recount, mute)
  await checkParts(world, parts)
  const rows = [
    inputRow(counted, account),
    stateRow(counted.recount, await statesOf(world), isOrdered),
    parts.row(),
  ]
  if (world.output === null) return rows
  const topic = new OutputCheck('output topic, committed, by the Java client', counted.recount, mute)
  await checkTopic(world, world.output, topic)
  return [...rows, topic.row()]
}
