/** What the job has at last, by its command line: states by `scan`, outputs by `output`; and the topic that it wrote to. */
import { startChild } from './child.ts'
import { topicRecords } from './recount.ts'
import type { Emitted, KeyState, OutputCheck } from './verdict.ts'
import type { World } from './world.ts'

async function linesOf(world: World, ...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, error, stdout } = await startChild(args[0]!, args, world.said).ended
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${error?.message ?? ''}`)
  const lines = stdout.split('\n').filter(line => line !== '')
  return lines.map(line => JSON.parse(line) as Record<string, unknown>)
}

/** How many messages of each key a savepoint or the newest checkpoint counted. */
export async function countsOf(world: World, savepoint: string): Promise<ReadonlyMap<string, number>> {
  const lines = await linesOf(world, 'scan', savepoint, 'numbered', 'count')
  return new Map(lines.map(line => [String(line['key']), Number(line['count'])]))
}

export async function statesOf(world: World): Promise<ReadonlyMap<string, KeyState>> {
  const states = new Map<string, { count: number; last: number; sum: number; trouble: string[] }>()
  for (const name of ['count', 'last', 'sum', 'trouble'] as const) {
    for (const line of await linesOf(world, 'scan', world.checkpoints, 'numbered', name)) {
      const key = String(line['key'])
      const state = states.get(key) ?? { count: 0, last: 0, sum: 0, trouble: [] }
      states.set(key, state)
      if (name === 'trouble') state.trouble.push(String(line['trouble']))
      else state[name] = Number(line[name])
    }
  }
  return states
}

/** What `output` says of `ndjson:DIR/`. */
export async function checkParts(world: World, check: OutputCheck): Promise<void> {
  for (const line of await linesOf(world, 'output', world.checkpoints, 'parts')) check.see(emitted(line))
}

/** What the Java client reads of the output topic, committed. */
export async function checkTopic(world: World, topic: string, check: OutputCheck): Promise<void> {
  const { partitions } = await world.broker.admin.describeTopic(topic)
  for (const open of await world.broker.admin.openTransactions(topic))
    world.log.fail(`an open transaction holds readers of the output back: ${JSON.stringify(open)}`)
  for (const { partition, latest, lastStable } of partitions) {
    world.log.say(`output partition ${partition}: ${lastStable} of ${latest} stable`)
    for await (const { value } of topicRecords(world, topic, partition, 0))
      check.see(emitted(JSON.parse(value!.toString()) as Record<string, unknown>))
  }
}

function emitted(line: Readonly<Record<string, unknown>>): Emitted {
  const [number, amount, count, sum] = ['number', 'amount', 'count', 'sum'].map(name => Number(line[name]))
  return { key: String(line['key']), number: number!, amount: amount!, count: count!, sum: sum! }
}
