/**
 * Command lines that nothing is wrong with, without yargs: its own parser takes the words apart as it does for yargs. What
 * this does not understand, yargs is asked about (full-parser.ts): a test holds the two to the same answers.
 */
import parse from 'yargs-parser'
import { Arguments, type ParsedOptions } from './arguments.ts'
import type { Command } from './cli.ts'
import type { Session } from './session.ts'

/** How words are read, here and by yargs. */
export const parserConfiguration = {
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'dot-notation': false,
  'camel-case-expansion': false,
  'boolean-negation': false,
  'greedy-arrays': false,
} as const

/** Flags that every command has. */
export const ownFlags: Readonly<Record<string, string>> = {
  json: 'one JSON value a line, for programs',
  trace: 'with an error, where in the code it came from',
}

/** A command with what it was given, as the parser found it. */
export interface Invocation {
  readonly command: Command
  readonly positionals: readonly string[]
  readonly options: ParsedOptions
}

/** Runs it. Throws a usage error for positionals and options that are missing, superfluous or given twice. */
export async function invoke({ command, positionals, options }: Invocation, session: Session): Promise<void> {
  await command.run(new Arguments(command, positionals, options), session)
}

/**
 * What the words ask for, if it is one of the commands, named first, with options that it has. Null where it may be anything else.
 */
export function simpleParse(words: readonly string[], commands: readonly Command[]): Invocation | null {
  const command = commandOf(words, commands)
  if (command === undefined) return null
  const valued = (isValued: boolean): string[] =>
    Object.keys(command.options).filter(name => (command.options[name]!.value !== undefined) === isValued)
  const { argv, error } = parse.detailed([...words], {
    string: valued(true),
    boolean: [...valued(false), ...Object.keys(ownFlags)],
    narg: Object.fromEntries(valued(true).map(name => [name, 1])),
    configuration: parserConfiguration,
  })
  if (error !== null || !Object.keys(argv).every(name => name === '_' || isKnown(name, command))) return null
  const positionals = argv._.slice(command.name.split(' ').length).map(String)
  return { command, positionals, options: argv }
}

/** Names of one word or two. */
function commandOf([first, second]: readonly string[], commands: readonly Command[]): Command | undefined {
  return commands.find(({ name }) => name === first || name === `${first} ${second}`)
}

function isKnown(name: string, { options }: Command): boolean {
  return Object.hasOwn(options, name) || Object.hasOwn(ownFlags, name)
}
