/** `headwater` as a process: runs what it is given, says what failed, cleans up when it is cut short, ends with the exit code (cli.ts). */
import { onFirstFile, removeNow } from '../savepoint/exit-files.ts'
import { reportFailure } from './failure.ts'
import { cleanOnInterrupt } from './interrupts.ts'
import { Screen } from './screen.ts'
import { Session } from './session.ts'

/** Ends the process. */
export async function runProgram(
  words: readonly string[],
  work: (session: Session) => Promise<void>,
): Promise<never> {
  const options = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  process.stderr.on('error', () => undefined) // there is nobody left to tell
  process.on('uncaughtException', error => {
    const screen = new Screen(process.stderr, words.includes('--json'))
    process.exit(reportFailure(error, screen, words.includes('--trace')))
  })
  onFirstFile(() => cleanOnInterrupt(removeNow))
  const session = new Session(options.includes('--json'))
  try {
    await work(session)
    await session.out.flush()
    process.exitCode = session.exitCode
  } catch (error) {
    process.exitCode = reportFailure(error, session.screen, options.includes('--trace'))
  } finally {
    await session.screen.flush()
  }
  process.exit()
}
