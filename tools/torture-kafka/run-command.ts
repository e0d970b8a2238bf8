/** The command line of a run: all starts of the job have the same, but for who of how many it is and its settings. */
import type { Chance } from './chance.ts'
import { startChild, type Child } from './child.ts'
import { findFaketime, wrongClock, wrongClocks } from './wrong-clock.ts'
import { inputAddress, type World } from './world.ts'

/** Who of how many; with `workers` it is all of them, as threads. */
export interface Share {
  readonly index: number
  readonly count: number
  readonly workers: boolean
}

/** What is broken on purpose, to see that it is found. */
export type Break = 'at-least-once' | 'none'

export interface RunWords {
  readonly share: Share
  readonly untilEnd: boolean
  readonly broken: Break
}

const faketime = findFaketime()
export const clocksCanBeWrong: boolean = faketime !== null

let started = 0

/** One start. */
export interface Started extends Child {
  /** Its clock is so far ahead that a topic refuses its times. */
  readonly isFarAhead: boolean
}

/** Starts it, now and then with a wrong clock. */
export function startRun(world: World, { share, untilEnd, broken }: RunWords, chance: Chance): Started {
  const { log, output, broker, job } = world
  const { index, count, workers } = share
  const offset = faketime !== null && chance.is(0.3) ? chance.of(wrongClocks) : null
  const every = chance.of(['300ms', '1s', '2s'])
  const keep = chance.of([1, 2, 5])
  const guarantee = broken === 'at-least-once' ? '&guarantee=at-least-once' : ''
  const topicSink = `topic=kafka://${broker.addresses.plaintext}/${output}?key=key${guarantee}`
  const args = [
    ...['run', job, '--from', world.savepoint, '--log', `numbers=${inputAddress(world)}`],
    ...['--sink', `parts=ndjson:${world.parts}/`, ...(output === null ? [] : ['--sink', topicSink])],
    ...['--checkpoints', world.checkpoints, '--checkpoint-every', every, '--keep', String(keep)],
    ...['--keep-for', '5s', '--new-partitions', 'earliest'],
    ...(workers ? ['--workers', String(count)] : ['--task', `${index}/${count}`]),
    ...(untilEnd ? ['--until-end'] : []),
  ]
  const name = `${workers ? `workers ${count}` : `task ${index}/${count}`} #${++started}`
  const child = startChild(
    name,
    args,
    world.said,
    offset === null ? {} : { env: wrongClock(faketime!, offset) },
  )
  log.note('starts', `${name}, pid ${child.pid}, a checkpoint every ${every}`)
  if (offset !== null) log.note('wrong clocks', `${name} has ${offset}`)
  return { ...child, isFarAhead: offset === '+25h' || offset === '+4000d' }
}
