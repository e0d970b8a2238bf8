/** `headwater savepoint`: a savepoint of a run that goes on. */
import { askOptions, checkpointsArgument, timeoutOption } from '../asked-run.ts'
import type { Command } from '../cli.ts'
import { facts } from '../table.ts'

export const savepointCommand: Command = {
  name: 'savepoint',
  summary: 'Take a savepoint of a run that is at work; it goes on',
  about:
    'Leaves a request in the folder of its checkpoints. The run answers with a checkpoint at once, which is then folded into ' +
    'a folder of its own: it shares no file with the checkpoints. Ctrl-C takes the request back.',
  positionals: [checkpointsArgument],
  options: { into: { value: 'DIR', text: 'the folder of the new savepoint' }, ...timeoutOption },
  examples: [['savepoint checkpoints --into savepoints/before-upgrade', 'while the run goes on']],
  run: async (args, session) => {
    const into = args.requiredText('into')
    const options = askOptions(args, session)
    const { savepointOf } = await import('../../savepoint/requests/ask.ts')
    const { savepoint, checkpoint } = await savepointOf(args.word('CHECKPOINTS'), { into, ...options })
    session.progress.end()
    const { manifestPath, manifest } = savepoint
    const { manifestDigest, stateDigest } = manifest
    if (session.json)
      return session.out.json({
        event: 'savepoint',
        savepoint: manifestPath,
        checkpoint,
        manifestDigest,
        stateDigest,
      })
    await session.out.lines(
      facts([
        ['savepoint', manifestPath],
        ['of checkpoint', String(checkpoint)],
        ['state digest', stateDigest],
      ]),
    )
  },
}
