/** `headwater stop`: stops a run with a savepoint. */
import { askOptions, checkpointsArgument, timeoutOption } from '../asked-run.ts'
import type { Command } from '../cli.ts'
import { facts } from '../table.ts'

export const stopCommand: Command = {
  name: 'stop',
  summary: 'Stop a run that is at work with a savepoint, as SIGTERM does',
  about:
    'Leaves a request in the folder of its checkpoints and waits until the run has written its last savepoint there and is ' +
    'gone. It is for the run that is at work now: one that begins later is not stopped by it. Ctrl-C takes it back.',
  positionals: [checkpointsArgument],
  options: timeoutOption,
  examples: [['stop checkpoints', 'from another terminal, or another machine that sees the folder']],
  run: async (args, session) => {
    const options = askOptions(args, session)
    const { stopRun } = await import('../../savepoint/requests/ask.ts')
    const { manifestPath, manifest } = await stopRun(args.word('CHECKPOINTS'), options)
    session.progress.end()
    const { number, manifestDigest, stateDigest } = manifest
    if (session.json)
      return session.out.json({
        event: 'stopped',
        savepoint: manifestPath,
        number,
        manifestDigest,
        stateDigest,
      })
    await session.out.lines(
      facts([
        ['stopped with', manifestPath],
        ['state digest', stateDigest],
      ]),
    )
  },
}
