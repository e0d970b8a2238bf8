/**
 * One trial: history → savepoint → live to the end, as a supervisor would run it, with SIGKILLs at given moments; then
 * what came out, in a form that two trials can be compared by.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { headwater, mustRun } from './command.ts'
import type { World } from './world.ts'

/** What a trial ended in. */
export interface Outcome {
  readonly stateDigest: string
  /** By sink and key: the records in order. */
  readonly emitted: ReadonlyMap<string, string>
  readonly kills: number
  readonly tookMs: number
}

/** Runs it in `folder`, killing what runs at each of the moments (milliseconds of running time, ascending). */
export async function trial(world: World, folder: string, moments: readonly number[]): Promise<Outcome> {
  const savepoint = join(folder, 'savepoint')
  const checkpoints = join(folder, 'checkpoints')
  const waiting = [...moments]
  let elapsed = 0
  let kills = 0
  for (;;) {
    const built = existsSync(join(savepoint, 'manifest.json'))
    const args = built ? runArgs(world, folder, savepoint, checkpoints) : bootstrapArgs(world, savepoint)
    const { code, tookMs, stderr } = await headwater(args, (waiting[0] ?? Infinity) - elapsed)
    elapsed += tookMs
    if (code === null) {
      kills++
      while ((waiting[0] ?? Infinity) <= elapsed) waiting.shift()
    } else if (code !== 0) {
      throw new Error(`headwater ${args.join(' ')} ended with code ${code} after ${kills} kills: ${stderr}`)
    } else if (built) {
      break
    }
  }
  await mustRun(['verify', checkpoints])
  const digest = JSON.parse(await mustRun(['digest', checkpoints, '--json'])) as {
    readonly stateDigest: string
  }
  return { stateDigest: digest.stateDigest, emitted: await emittedIn(folder), kills, tookMs: elapsed }
}

function bootstrapArgs({ job, history }: World, into: string): readonly string[] {
  return ['bootstrap', job, '--history', `orders=${history}`, '--into', into]
}

function runArgs({ job, log }: World, folder: string, from: string, checkpoints: string): readonly string[] {
  const sinks = ['sums', 'counts'].flatMap(name => ['--sink', `${name}=ndjson:${join(folder, name)}.ndjson`])
  const limits = ['--until-end', '--checkpoint-every', '20ms']
  return [
    'run',
    job,
    '--from',
    from,
    '--log',
    `orders=${log}`,
    ...sinks,
    '--checkpoints',
    checkpoints,
    ...limits,
  ]
}

async function emittedIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const byKey = new Map<string, string[]>()
  for (const [sink, key] of [
    ['sums', 'customer'],
    ['counts', 'bucket'],
  ] as const) {
    const text = await readFile(join(folder, `${sink}.ndjson`), 'utf8')
    for (const line of text.split('\n').filter(Boolean)) {
      const name = `${sink} ${String((JSON.parse(line) as Record<string, unknown>)[key])}`
      const lines = byKey.get(name) ?? []
      lines.push(line)
      byKey.set(name, lines)
    }
  }
  return new Map([...byKey].map(([name, lines]) => [name, lines.join('\n')]))
}

/** What differs between two outcomes, in words; empty when nothing does. */
export function differences(expected: Outcome, found: Outcome): readonly string[] {
  const out: string[] = []
  if (found.stateDigest !== expected.stateDigest)
    out.push(`state digest ${found.stateDigest}, not ${expected.stateDigest}`)
  for (const name of new Set([...expected.emitted.keys(), ...found.emitted.keys()])) {
    const want = expected.emitted.get(name)?.split('\n') ?? []
    const have = found.emitted.get(name)?.split('\n') ?? []
    if (want.join('\n') !== have.join('\n'))
      out.push(`${name}: ${have.length} records emitted, not these ${want.length}`)
  }
  return out.slice(0, 5)
}
