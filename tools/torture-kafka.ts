/**
 * `npm run torture:kafka [-- --minutes 10 --seed 1 --keys 2000 --rate 2000 --break at-least-once]`: a job of several
 * tasks on a real Kafka topic that producers write to without pause, some in transactions that they abort or leave open. The
 * topic is archived and trimmed, the job is built from the archive once and then runs live, while its tasks are killed, frozen
 * and woken when others have taken over, started with wrong clocks and in other numbers, the broker is killed and frozen,
 * and savepoints, stops, gc and compact are asked for. At the end everything is counted again from archive and topic.
 *
 * `--break at-least-once` writes to the topic without transactions: then it must report what is doubled.
 * Exit code 77: no JDK or no Maven here. On failure the folder of events, of what all processes said and of all data is kept.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whyNoBroker } from './kafka/broker.ts'
import { Chance } from './torture-kafka/chance.ts'
import { clocksCanBeWrong, type Break } from './torture-kafka/run-command.ts'
import { tell } from './torture-kafka/story.ts'
import { isRight, tableOf } from './torture-kafka/verdict.ts'
import { makeWorld } from './torture-kafka/world.ts'

/** The sink that writes to a topic exactly once. */
const hasTopicSink = true
/** Partitions that are added while several tasks run. */
const hasGrowth = true

function flag(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}

async function main(): Promise<number> {
  const why = whyNoBroker()
  if (why !== null) {
    console.log(`skipped: ${why}`)
    return 77
  }
  const options = {
    minutes: Number(flag('minutes') ?? 10),
    seed: Number(flag('seed') ?? 1),
    keys: Number(flag('keys') ?? 2000),
    perSecond: Number(flag('rate') ?? 2000),
    broken: (flag('break') ?? 'none') as Break,
    growth: hasGrowth,
  }
  console.log(
    `torture: seed ${options.seed}, ${options.minutes} minutes, ${options.keys} keys, ${options.perSecond} messages/s`,
  )
  if (!clocksCanBeWrong) console.log('no libfaketime here: all clocks are right')
  const folder = mkdtempSync(join(tmpdir(), 'headwater-torture-kafka-'))
  const world = await makeWorld(folder, hasTopicSink)
  let isFine = false
  try {
    const { rows, happened } = await tell(world, options, new Chance(options.seed))
    for (const [what, times] of [...Object.entries(happened), ...world.log.counts])
      console.log(`${String(times).padStart(9)}  ${what}`)
    console.log(`\n${tableOf(rows)}`)
    for (const { examples } of rows) for (const each of examples) console.log(each)
    isFine = rows.every(isRight) && world.log.failures.length === 0
  } finally {
    await world.broker.stop()
    if (isFine) rmSync(folder, { recursive: true, force: true })
    else console.log(`kept: ${folder}`)
  }
  console.log(
    isFine
      ? 'torture: 0 missing, 0 doubled'
      : `torture: FAILED, ${world.log.failures.length} events that may not be`,
  )
  return isFine ? 0 : 1
}

const code = await main().catch((error: unknown) => {
  console.error(error)
  return 1
})
process.exit(code) // with whatever still runs
