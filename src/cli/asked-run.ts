/** What is told while a run is asked for something by its folder. */
import type { AskProgress } from '../savepoint/requests/ask.ts'
import type { Arguments } from './arguments.ts'
import { durationOption } from './duration.ts'
import type { Progress } from './progress.ts'
import type { Session } from './session.ts'
import { count } from './table.ts'

/** The positional of commands that address a run. */
export const checkpointsArgument = {
  name: 'CHECKPOINTS',
  text: 'the folder of checkpoints of a run that is at work',
} as const

/** The option of how long to wait. */
export const timeoutOption = {
  timeout: { value: '10m', text: 'the longest wait for the answer; then the request is taken back' },
} as const

/** How the library is asked, from the command line. */
export function askOptions(
  args: Arguments,
  session: Session,
): {
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal
  readonly onProgress: (progress: AskProgress) => void
} {
  return {
    timeoutMs: durationOption(args, 'timeout'),
    signal: session.stopSignal(),
    onProgress: progress => session.progress.show(shown(progress)),
  }
}

function shown(progress: AskProgress): Progress {
  if (progress.phase === 'waiting') {
    const { pid, host, newest } = progress
    const text = `asked process ${pid} on ${host}; its newest checkpoint is ${newest}`
    return { name: 'asked', text, part: null, data: { event: 'waiting', pid, host, newest } }
  }
  const { state, done, total } = progress
  return {
    name: 'fold',
    text: done < total ? `fold ${state}: ${count(done)} of ${count(total)} states` : 'folded',
    part: total === 0 ? 1 : done / total,
    data: { event: 'progress', phase: 'fold', state, done, total },
  }
}
