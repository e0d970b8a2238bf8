/** One task of `run --workers`, in a thread of its own: the same run as `run --task`, heard and stopped by messages. */
import { parentPort, workerData } from 'node:worker_threads'
import { HeadwaterError, messageOf } from '../errors.ts'
import { Arguments } from './arguments.ts'
import { runCommand } from './commands/run.ts'
import { runFrom } from './run-from.ts'
import type { FromWorker, ToWorker, WorkerFailure, WorkerTask } from './worker-messages.ts'
import { WorkerOutput } from './worker-output.ts'

const { positionals, options, task, progressEveryMs } = workerData as WorkerTask
const stopping = new AbortController()
const tell = (message: FromWorker): void => parentPort?.postMessage(message)
const output = new WorkerOutput(text => tell({ kind: 'print', text }))
const onMessage = (message: ToWorker): void => {
  if (message.kind === 'printed') output.printed(message)
  else stopping.abort()
}
parentPort?.on('message', onMessage)

try {
  const { reason, progress } = await runFrom(
    new Arguments(runCommand, positionals, options),
    {
      signal: stopping.signal,
      onBrokenPipe: () => tell({ kind: 'broken pipe' }),
      onPlan: (plan, lines) => tell({ kind: 'plan', plan, lines }),
      onProgress: each => tell({ kind: 'progress', progress: each }),
      progressEveryMs,
      stdout: output.stream,
    },
    task,
  )
  tell({ kind: 'ended', reason, progress })
} catch (error) {
  tell({ kind: 'failed', failure: failureOf(error) })
}
parentPort?.off('message', onMessage) // then nothing keeps the thread

function failureOf(error: unknown): WorkerFailure {
  const parts = error instanceof HeadwaterError ? error.toJSON() : null
  return { parts, message: messageOf(error), stack: error instanceof Error ? error.stack : undefined }
}
