// Command lines that are taken apart without yargs say what they say to yargs, and only where nothing is wrong with them.
import { expect } from 'chai'
import fc from 'fast-check'
import type { ParsedOptions } from '../../src/cli/arguments.ts'
import type { Command } from '../../src/cli/cli.ts'
import { commands } from '../../src/cli/commands.ts'
import { parserFor } from '../../src/cli/full-parser.ts'
import { ownFlags, simpleParse, type Invocation } from '../../src/cli/simple-parse.ts'

/** What yargs makes of the words; null where it refuses them, or prints help. */
async function byYargs(words: readonly string[]): Promise<Invocation | null> {
  let found: Invocation | null = null
  try {
    await parserFor(words, invocation => {
      found = invocation
      return Promise.resolve()
    }).parseAsync([...words], {}, () => undefined)
  } catch {
    return null
  }
  return found
}

/** All that a command can ask for. */
function answersOf({ command, positionals, options }: Invocation): unknown {
  const names = [...Object.keys(command.options), ...Object.keys(ownFlags)]
  const given = (all: ParsedOptions): unknown[] => names.map(name => all[name] ?? null)
  return [command.name, positionals, given(options)]
}

const values = fc.constantFrom(
  'a',
  '',
  '7',
  '007',
  '1e3',
  '-',
  '-1',
  '--',
  'a=b',
  '--json',
  'true',
  'no such',
)

/** Words for a command: options of its own and others, in several forms, with positionals among them. */
function wordsFor(command: Command): fc.Arbitrary<readonly string[]> {
  const names = [
    ...Object.keys(command.options),
    'json',
    'trace',
    'help',
    'version',
    'json',
    'no-json',
    'nothing',
  ]
  const option = fc.tuple(fc.constantFrom(...names), values, fc.nat(3)).map(([name, value, form]) => {
    if (form === 0) return [`--${name}`]
    return form === 1 ? [`--${name}=${value}`] : [`--${name}`, value]
  })
  const word = values.map(value => [value])
  return fc
    .array(fc.oneof(option, word), { maxLength: 5 })
    .map(parts => [...command.name.split(' '), ...parts.flat()])
}

describe('a command line taken apart without yargs', () => {
  it('says what it says to yargs, whatever the words are', async () => {
    let understood = 0
    const words = fc.constantFrom(...commands).chain(wordsFor)
    await fc.assert(
      fc.asyncProperty(words, async line => {
        const simple = simpleParse(line, commands)
        if (simple === null) return
        understood++
        const full = await byYargs(line)
        expect(full === null ? 'refused by yargs' : answersOf(full)).to.deep.equal(answersOf(simple))
      }),
      { numRuns: 250 },
    )
    expect(understood).to.be.above(40)
  })

  it('is understood where nothing is wrong', () => {
    for (const { name, examples } of commands) {
      for (const [line] of examples) {
        const [alone] = line.split(' | ') as [string]
        const quoted = alone.match(/'[^']*'|\S+/g)!.map(word => word.replaceAll("'", ''))
        expect(simpleParse(quoted, commands)?.command.name, line).to.equal(name)
      }
    }
  })

  it('is left to yargs where it is not', () => {
    const lines = [
      '',
      '--help',
      'get --help',
      'get a b --depth 3',
      'log',
      'frobnicate',
      '--json get a b',
      'plan j --from',
    ]
    for (const line of lines) expect(simpleParse(line.split(' '), commands), line).to.equal(null)
  })
})
