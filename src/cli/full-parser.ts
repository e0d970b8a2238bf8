/**
 * Command lines as yargs takes them apart: all that is wrong with one is found here, and all help comes from here. What
 * simple-parse.ts understands never gets here: yargs takes long to load.
 */
import { readFileSync } from 'node:fs'
import yargs, { type Argv } from 'yargs'
import type { ParsedOptions } from './arguments.ts'
import type { Command } from './cli.ts'
import { commands, groups } from './commands.ts'
import { invoke, ownFlags, parserConfiguration, type Invocation } from './simple-parse.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage-error.ts'

type Run = (invocation: Invocation) => Promise<void>

type Parsed = ParsedOptions & { readonly _: readonly (string | number)[] }

const width = Math.min(100, process.stdout.columns ?? 100)

/** Does what the words say, or throws what is wrong with them. */
export async function parseAndRun(words: readonly string[], session: Session): Promise<void> {
  let help = ''
  const found = parserFor(words, invocation => invoke(invocation, session))
  await found.parseAsync(words, {}, (_error, _argv, output) => void (help = output))
  if (help !== '') await session.out.line(withoutTypes(help))
}

/** The parser of these words; `run` is given the command that was asked for. */
export function parserFor(words: readonly string[], run: Run): Argv {
  const start = yargs()
    .scriptName('headwater')
    .detectLocale(false)
    .parserConfiguration(parserConfiguration)
    .usage(
      'headwater COMMAND …\n\nOne job over its past in Parquet, then over its present on a log.\nheadwater COMMAND --help tells more.',
    )
    .version(version())
    .recommendCommands()
    .wrap(null)
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error instanceof Error && error.name !== 'YError' ? error : usage(message, commandIn(words))
    })
  return withCommands(start, '', run)
}

/** The commands that begin with `prefix`, and the groups among them. */
function withCommands(parent: Argv, prefix: string, run: Run): Argv {
  const own = commands.filter(
    ({ name }) => name.startsWith(prefix) && !name.slice(prefix.length).includes(' '),
  )
  const inner = prefix === '' ? groups : []
  const named = [...own.map(({ name }) => name), ...inner.map(({ name }) => name)]
  let all = parent
  for (const command of own) all = withCommand(all, command, prefix, run)
  for (const { name, summary } of inner) {
    all = all.command(name, summary, group =>
      withCommands(group.usage(`headwater ${name} COMMAND …\n\n${summary}`), `${name} `, run),
    )
  }
  const ask = `a command is missing: ${named.map(name => name.slice(prefix.length)).join(', ')}`
  return all.demandCommand(1, ask).strictCommands().strictOptions()
}

function withCommand(parent: Argv, command: Command, prefix: string, run: Run): Argv {
  const depth = command.name.split(' ').length
  return parent.command(
    command.name.slice(prefix.length),
    command.summary,
    builder => described(builder, command),
    async parsed => {
      const options = parsed as unknown as Parsed
      await run({ command, positionals: options._.slice(depth).map(String), options })
    },
  )
}

function described(builder: Argv, command: Command): Argv {
  let all = builder.usage(usageText(command)).strictCommands(false).demandCommand(0)
  for (const [name, { value, text }] of Object.entries(command.options)) {
    const place = value === undefined ? '' : `${value}  `
    const type =
      value === undefined ? ({ type: 'boolean' } as const) : ({ type: 'string', requiresArg: true } as const)
    all = all.option(name, { ...type, describe: `${place}${text}` })
  }
  for (const [name, describe] of Object.entries(ownFlags))
    all = all.option(name, { type: 'boolean', describe })
  const examples = command.examples.map(([line, text]) => `  # ${text}\n  headwater ${line}`)
  all = all.epilogue(['Examples:', ...examples].join('\n'))
  return all.version(false)
}

function usageText({ name, summary, about, positionals, options }: Command): string {
  const words = positionals.map(({ name: word, optional, many }) =>
    many === true ? `[${word} …]` : optional === true ? `[${word}]` : word,
  )
  const rest = Object.keys(options).length > 0 ? ['[options]'] : []
  const longest = Math.max(0, ...positionals.map(each => each.name.length))
  const list = positionals.map(each => `  ${each.name.padEnd(longest)}  ${each.text}`)
  return [
    ['headwater', name, ...words, ...rest].join(' '),
    `\n${wrapped(`${summary}.${about === undefined ? '' : ` ${about}`}`)}`,
    ...(list.length > 0 ? [`\n${list.join('\n')}`] : []),
  ].join('\n')
}

/** What stands behind an option says it better than the parser's `[string]` does. */
function withoutTypes(help: string): string {
  return help.replaceAll(/ +\[(?:string|boolean)\]$/gm, '').trimEnd()
}

/** A paragraph in lines of the terminal's width. */
function wrapped(text: string): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join('\n')
}

/** What stands where a command does, for messages. */
function commandIn(words: readonly string[]): string {
  const isGroup = groups.some(({ name }) => name === words[0])
  return words.slice(0, isGroup ? 2 : 1).join(' ')
}

function usage(message: string, command: string): UsageError {
  const unknown = /^Unknown arguments?: (.*)$/.exec(message)?.[1]
  const text = unknown === undefined ? `${message.charAt(0).toLowerCase()}${message.slice(1)}` : null
  const thing = text?.startsWith('did you mean') === true ? `unknown command '${command}': ${text}` : text
  const isKnown = [...commands, ...groups].some(({ name }) => name === command)
  const remedy = `see headwater ${isKnown ? `${command} ` : ''}--help`
  return new UsageError({ thing: thing ?? `unknown option ${optionNames(unknown!)}`, remedy })
}

/** As they are written: the parser leaves their dashes out. */
function optionNames(list: string): string {
  const names = list.split(', ').map(name => (name.length === 1 ? `-${name}` : `--${name}`))
  return names.join(', ')
}

/** Of the package that this file is in: `src/cli/` in the sources, `dist/` when built. */
function version(): string {
  const path = import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json'
  const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
    readonly version: string
  }
  return version
}
