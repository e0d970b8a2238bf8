/** `headwater output`: what a job has put out, to the byte. */
import type { Command } from '../cli.ts'
import { savepointArgument } from '../savepoint-output.ts'

export const outputCommand: Command = {
  name: 'output',
  summary: 'Print what a sink has put out, exactly as far as the checkpoint counts it',
  about:
    'Of ndjson:DIR/ the finished parts and the counted bytes of the one that is being written, of ndjson:FILE the counted ' +
    'bytes; what was written after the checkpoint is left out. Also while the run goes on.',
  positionals: [
    savepointArgument,
    { name: 'SINK', text: 'its name; may be left out where there is one alone', optional: true },
  ],
  options: {},
  examples: [['output checkpoints totals', 'the lines, in order']],
  run: async (args, session) => {
    const { outputOf } = await import('../../savepoint/output.ts')
    for await (const piece of outputOf(args.word('SAVEPOINT'), args.optionalWord('SINK') ?? undefined))
      await session.out.bytes(piece)
  },
}
