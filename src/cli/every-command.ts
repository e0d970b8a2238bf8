/** `headwater` with all of its commands; yargs is loaded for help and for command lines that something is wrong with. */
import { commands } from './commands.ts'
import { runProgram } from './program.ts'
import { invoke, simpleParse } from './simple-parse.ts'

const words = process.argv.slice(2)
await runProgram(words, async session => {
  const invocation = simpleParse(words, commands)
  if (invocation !== null) return invoke(invocation, session)
  const { parseAndRun } = await import('./full-parser.ts')
  await parseAndRun(words, session)
})
