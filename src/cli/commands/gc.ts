/** `headwater gc`: deletes what no kept checkpoint needs. */
import type { Command } from '../cli.ts'
import { durationOption } from '../duration.ts'
import { byteCount, count } from '../table.ts'
import { wholeNumberOption } from '../whole-number.ts'

export const gcCommand: Command = {
  name: 'gc',
  summary: 'Delete what no kept checkpoint needs: old checkpoints, leftovers of killed runs',
  about:
    'Spares what a live run writes and what somebody reads, and always the newest checkpoint. Without --keep and --keep-for ' +
    'all checkpoints stay, and only leftovers go. Of a savepoint, too, only leftovers go.',
  positionals: [{ name: 'STORE', text: 'a folder of checkpoints, or a savepoint' }],
  options: {
    keep: { value: 'N', text: 'so many of the newest checkpoints' },
    'keep-for': { value: '1h', text: 'and those that are younger' },
    'dry-run': { text: 'only list what would go' },
  },
  examples: [
    ['gc checkpoints --dry-run', 'what was left by killed runs'],
    ['gc checkpoints --keep 1', 'nothing but the newest checkpoint'],
  ],
  run: async (args, session) => {
    const { gc } = await import('../../savepoint/gc.ts')
    const report = await gc(args.word('STORE'), {
      keep: wholeNumberOption(args, 'keep', 1),
      keepForMs: durationOption(args, 'keep-for'),
      dryRun: args.flag('dry-run'),
    })
    if (session.json) return session.out.json(report)
    const { dryRun, checkpoints, files, bytes, ownerAlive } = report
    const does = dryRun ? 'would delete' : 'deleted'
    await session.out.lines([
      ...(dryRun ? files : []),
      `${does} ${count(checkpoints.length)} checkpoints, ${count(files.length)} files, ${byteCount(bytes)}`,
      ...(ownerAlive ? ['a run is at work here: what no checkpoint names is left to it'] : []),
    ])
  },
}
