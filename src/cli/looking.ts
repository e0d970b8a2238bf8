/**
 * `headwater` with the commands that look into a savepoint.
 *
 * When built, this is one file that holds all that its commands need, since finding and linking many files takes longer than
 * what is read of a savepoint. It shares nothing with the rest: its commands load no code of a job, and no error or
 * object of theirs meets one of the library's.
 */
import type { Command } from './cli.ts'
import { diffCommand } from './commands/diff.ts'
import { getCommand } from './commands/get.ts'
import { lsCommand } from './commands/ls.ts'
import { scanCommand } from './commands/scan.ts'
import { showCommand } from './commands/show.ts'
import { verifyCommand } from './commands/verify.ts'
import { runProgram } from './program.ts'
import { invoke, simpleParse } from './simple-parse.ts'

const lookingCommands: readonly Command[] = [
  getCommand,
  scanCommand,
  lsCommand,
  showCommand,
  verifyCommand,
  diffCommand,
]

const words = process.argv.slice(2)
const invocation = simpleParse(words, lookingCommands)
if (invocation === null) await import('./every-command.ts')
else await runProgram(words, session => invoke(invocation, session))
