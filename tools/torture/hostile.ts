/** The hostile part of `npm run torture`: flips and truncations that `verify` must find, mutants that no command may fall over. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settled } from '../../src/live/settled.ts'
import { writeLayered } from '../../test/savepoint/layered.ts'
import { damagedStates, flips, truncations, type Damage } from './damage.ts'
import { fuzz, writeOriginals } from './fuzz.ts'
import { randomFrom } from './random.ts'

interface HostileOptions {
  readonly seed: number
  readonly flips: number
  readonly mutants: number
}

/** How many things went wrong, each of which is printed. */
export async function hostile({ seed, flips: places, mutants }: HostileOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'headwater-hostile-'))
  try {
    const savepoint = join(folder, 'damaged')
    await writeLayered(savepoint, { keys: 300, blockBytes: 4096, states: damagedStates })
    const flipped = shown('flipped bits', await flips(savepoint, places, randomFrom(seed)))
    const cut = shown('truncations', await truncations(savepoint, 4096))
    return flipped + cut + (await fuzzed(folder, seed, mutants))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function shown(what: string, { tried, missed }: Damage): number {
  for (const each of missed) console.log(`FAILED ${what}: verify does not see ${each}`)
  console.log(
    `${missed.length === 0 ? 'ok    ' : 'FAILED'} ${what}: verify found ${tried - missed.length} of ${tried}`,
  )
  return missed.length
}

/** Two processes at a time, each with mutants of its own. */
async function fuzzed(folder: string, seed: number, mutants: number): Promise<number> {
  const originals = await writeOriginals(folder)
  // Both to their end: what one leaves is removed after.
  const halves = await settled(
    [0, 1].map(half =>
      fuzz({
        originals,
        scratch: join(folder, `half-${half}`),
        count: Math.ceil(mutants / 2),
        random: randomFrom(seed * 2 + half),
      }),
    ),
  )
  const failures = halves.flatMap(half => half.failures)
  const sum = (of: (half: (typeof halves)[number]) => number): number =>
    halves.reduce((all, half) => all + of(half), 0)
  const mebibytes = Math.round(Math.max(...halves.map(({ maxBytes }) => maxBytes)) / 2 ** 20)
  for (const failure of failures) console.log(`FAILED mutant: ${failure}`)
  console.log(
    `${failures.length === 0 ? 'ok    ' : 'FAILED'} mutants: ${sum(half => half.tried)}, ` +
      `${sum(half => half.refused)} of ${sum(half => half.commands)} commands refused them, none took over ${mebibytes} MiB`,
  )
  return failures.length
}
