/**
 * Savepoints from a stranger: mutants of one with everything in it (mutations.ts), and every command on each of them, in a
 * process with a deadline and a bound of memory (victim.ts).
 */
import { fork, type ChildProcess } from 'node:child_process'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeGoldenStore } from '../../test/savepoint/golden.ts'
import { writeLayered } from '../../test/savepoint/layered.ts'
import { damagedStates } from './damage.ts'
import { mutate } from './mutations.ts'
import type { Mutant, Outcome } from './victim.ts'

/** What the fuzzing came to. */
export interface Fuzzed {
  readonly tried: number
  /** Commands that said what is wrong, of all. */
  readonly refused: number
  readonly commands: number
  readonly maxBytes: number
  /** Each mutant that a command hung, crashed or burst on. */
  readonly failures: readonly string[]
}

/** Writes a savepoint and a store to be mutated. */
export async function writeOriginals(folder: string): Promise<readonly string[]> {
  const originals = [join(folder, 'savepoint'), join(folder, 'store')] as const
  await writeLayered(originals[0], { keys: 12, blockBytes: 300, states: damagedStates })
  await writeGoldenStore(originals[1])
  return originals
}

interface FuzzOptions {
  /** A savepoint, and a store. */
  readonly originals: readonly string[]
  readonly scratch: string
  readonly count: number
  readonly random: () => number
  /** Milliseconds for all commands on one mutant. */
  readonly deadline?: number
}

const gibibyte = 2 ** 30

/** So many mutants of the originals, in turn. */
export async function fuzz({
  originals,
  scratch,
  count,
  random,
  deadline = 120_000,
}: FuzzOptions): Promise<Fuzzed> {
  const failures: string[] = []
  const sums = { refused: 0, commands: 0, maxBytes: 0 }
  let victim = new Victim()
  for (let number = 0; number < count; number++) {
    const original = originals[number % originals.length]!
    const mutant = { path: join(scratch, 'mutant'), original, scratch: join(scratch, 'made') }
    await rm(mutant.path, { recursive: true, force: true })
    await cp(original, mutant.path, { recursive: true })
    await mkdir(mutant.scratch, { recursive: true })
    const what = await mutate(mutant.path, random)
    const outcome = await victim.suffer(mutant, deadline)
    if (typeof outcome === 'string') {
      failures.push(`${what}: ${outcome}`)
      victim = new Victim()
      continue
    }
    sums.refused += outcome.refused
    sums.commands += outcome.commands
    sums.maxBytes = Math.max(sums.maxBytes, outcome.maxBytes)
    failures.push(...outcome.crashes.map(crash => `${what}: ${crash}`))
    if (outcome.maxBytes <= gibibyte) continue
    failures.push(`${what}: ${outcome.maxBytes} bytes of memory`)
    victim.end()
    victim = new Victim()
  }
  victim.end()
  return { tried: count, ...sums, failures }
}

/** A process that runs the commands. */
class Victim {
  readonly #child: ChildProcess
  #doing = 'nothing'

  constructor() {
    this.#child = fork(fileURLToPath(new URL('victim.ts', import.meta.url)), {
      execArgv: ['--max-old-space-size=900', '--import', 'tsx', '--import', './tools/tsx-in-workers.mjs'],
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
  }

  /** What came of it, or how the process ended. */
  async suffer(mutant: Mutant, deadline: number): Promise<Outcome | string> {
    const child = this.#child
    return new Promise(resolve => {
      const done = (outcome: Outcome | string): void => {
        clearTimeout(timer)
        child.removeAllListeners()
        if (typeof outcome === 'string') this.end()
        resolve(outcome)
      }
      const timer = setTimeout(() => done(`${this.#doing} still runs after ${deadline} ms`), deadline)
      child.on('message', (message: { doing?: string; outcome?: Outcome }) => {
        this.#doing = message.doing ?? this.#doing
        if (message.outcome) done(message.outcome)
      })
      child.on('exit', (code, signal) => done(`${this.#doing} ended the process: ${signal ?? code}`))
      child.send(mutant)
    })
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}
