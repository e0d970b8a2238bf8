/** `headwater log show`: what a file log is and holds. */
import type { ShownLog } from '../../source/file-log/show-log.ts'
import { timestampText } from '../../codec/iso-time.ts'
import { typeName } from '../../record/type.ts'
import type { Command } from '../cli.ts'
import { logArgument } from '../log-argument.ts'
import { byteCount, facts, table } from '../table.ts'

export const logShowCommand: Command = {
  name: 'log show',
  summary: 'Show what a file log is and holds',
  positionals: [logArgument],
  options: {},
  examples: [['log show file:log/purchases', 'partitions with their offsets, segments and writers']],
  run: async (args, session) => {
    const [{ fileLogFolder }, { showLog }] = await Promise.all([
      import('../../source/log-url.ts'),
      import('../../source/file-log/show-log.ts'),
    ])
    const log = await showLog(fileLogFolder(args.word('LOG')))
    if (session.json) await session.out.json(log)
    else await session.out.lines(lines(log))
  },
}

function lines({
  name,
  id,
  createdMs,
  schema,
  keyField,
  segmentBytes,
  partitions,
}: ShownLog): readonly string[] {
  const rows = partitions.map(({ partition, earliest, latest, segments, writer }) => {
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0)
    return [partition, earliest, latest, latest - earliest, segments.length, byteCount(bytes), writer]
  })
  return [
    ...facts([
      ['log', name],
      ['id', id],
      ['created', timestampText(createdMs, 'ms')],
      ['key field', keyField ?? 'none'],
      ['schema', schema && schema.map(field => `${field.name} ${typeName(field.type)}`).join(', ')],
      ['segment size', byteCount(segmentBytes)],
    ]),
    '',
    ...table(['partition', 'earliest', 'latest', 'records', 'segments', 'size', 'writer'], rows),
  ]
}
