/**
 * The command line: argv in, text or JSON out, no logic of its own. What a command is, as data; main.ts makes a parser
 * and help texts of it.
 *
 * I1. `headwater --help` loads this folder and nothing else: a command imports what it needs when it runs.
 * I2. Results go to stdout, progress and errors to stderr. With `--json` every line of both is a JSON value.
 * I3. Exit code 0, 1 for an error that is reported, 2 for a wrong command line, 128 + n for a signal that cut it short.
 *     A reader that goes away (`| head`) is no error.
 */
import type { Arguments } from './arguments.ts'
import type { Session } from './session.ts'

/** One option; without `value` it is a flag. */
export interface Option {
  /** What stands behind it, as help shows it: `NAME=PATTERN`. */
  readonly value?: string
  readonly text: string
  /** May be given several times. */
  readonly many?: true
}

/** One positional argument; those that may be left out come last. */
export interface Positional {
  /** In capitals. */
  readonly name: string
  readonly text: string
  readonly optional?: true
  /** The last one may be given several times, or not at all. */
  readonly many?: true
}

/** One command. */
export interface Command {
  /** One word, or two: `log append`. */
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** More about it, above the options in its own help. */
  readonly about?: string
  readonly positionals: readonly Positional[]
  readonly options: Readonly<Record<string, Option>>
  /** Command line without `headwater`, and what it does. */
  readonly examples: readonly (readonly [line: string, text: string])[]
  /** Does it; a failure is thrown. */
  readonly run: (args: Arguments, session: Session) => Promise<void>
}
