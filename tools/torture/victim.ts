/**
 * Runs all commands on one mutated savepoint after another, as its parent (fuzz.ts) sends them: whatever the files hold, a
 * command must succeed or say what is wrong. Its output goes nowhere.
 */
import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import { Arguments } from '../../src/cli/arguments.ts'
import { commands } from '../../src/cli/commands.ts'
import { Session } from '../../src/cli/session.ts'
import { HeadwaterError } from '../../src/errors.ts'

/** What is to be tried. */
export interface Mutant {
  readonly path: string
  /** The same savepoint as it was. */
  readonly original: string
  /** A folder of the mutant's own for what commands write. */
  readonly scratch: string
}

/** What came of it. */
export interface Outcome {
  readonly refused: number
  readonly commands: number
  /** Errors that are none of ours. */
  readonly crashes: readonly string[]
  /** The most that the process ever had in memory. */
  readonly maxBytes: number
}

type Line = readonly [command: string, positionals: readonly string[], options?: Record<string, unknown>]

function linesFor({ path, original, scratch }: Mutant): readonly Line[] {
  const into = (name: string): string => join(scratch, name)
  const [customer, room] = ['c0', '[-2,false,"r1"]']
  return [
    ['ls', [path]],
    ['show', [path]],
    ['show', [path], { positions: true, lineage: true }],
    ['get', [path, customer]],
    ['get', [path, room]],
    ['get', [path, 'nobody']],
    ['scan', [path, 'spend', 'last']],
    ['scan', [path, 'spend', 'by shop'], { where: "map_key <> 'x' and key_group > 1" }],
    ['scan', [path, 'rooms', 'balance'], { sample: '2' }],
    ['scan', [path, 'spend', 'purchases'], { 'key-prefix': 'c' }],
    ['verify', [path]],
    ['digest', [path]],
    ['diff', [path, original]],
    ['export', [path, 'spend', 'last'], { to: into('last.arrow') }],
    ['export', [path, 'spend', 'by shop'], { to: into('shops.csv') }],
    ['edit', [path, customer, 'spend/most=5'], { into: into('edited') }],
    ['rewrite', [path], { into: into('rewritten'), 'rename-uid': 'rooms=places', 'key-groups': '5' }],
    ['merge', [path, original], { into: into('merged') }],
    ['compact', [path]],
    ['gc', [path], { keep: '1' }],
  ]
}

async function tried([name, positionals, options = {}]: Line): Promise<string | null> {
  const command = commands.find(each => each.name === name)!
  const session = new Session(name.length % 2 === 0)
  await command.run(new Arguments(command, positionals, options), session)
  return null
}

async function outcomeOf(mutant: Mutant): Promise<Outcome> {
  const crashes: string[] = []
  let refused = 0
  const lines = linesFor(mutant)
  for (const line of lines) {
    process.send!({ doing: line[0] })
    try {
      await tried(line)
    } catch (error) {
      const isOurs = error instanceof HeadwaterError && error.kind !== 'internal'
      if (isOurs) refused++
      else
        crashes.push(
          `${line[0]} ${JSON.stringify(line[1].slice(1))}: ${error instanceof Error ? error.stack : String(error)}`,
        )
    }
  }
  await rm(mutant.scratch, { recursive: true, force: true })
  const maxBytes = process.resourceUsage().maxRSS * 1024
  return { refused, commands: lines.length, crashes, maxBytes }
}

process.on('message', mutant => {
  void outcomeOf(mutant as Mutant).then(outcome => process.send!({ outcome }))
})
process.send!({ doing: 'nothing' })
