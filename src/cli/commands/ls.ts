/** `headwater ls`: the savepoints and checkpoints below a folder. */
import { timestampText } from '../../codec/iso-time.ts'
import type { Listed, ListedContents } from '../../savepoint/ls.ts'
import type { Command } from '../cli.ts'
import { byteCount, table, type Cell } from '../table.ts'

export const lsCommand: Command = {
  name: 'ls',
  summary: 'List the savepoints and checkpoints below a folder',
  about: 'Reads manifests and sizes of files alone. What is damaged or was never finished is listed as such.',
  positionals: [{ name: 'DIR', text: 'where to look, with all folders below it', optional: true }],
  options: {},
  examples: [['ls savepoints', 'all that is in it']],
  run: async (args, session) => {
    const { ls } = await import('../../savepoint/ls.ts')
    const found = await ls(args.optionalWord('DIR') ?? '.')
    if (session.json) for (const each of found) await session.out.json(each)
    else await session.out.lines(lines(found))
  },
}

function lines(found: readonly Listed[]): readonly string[] {
  if (found.length === 0) return ['nothing: no savepoint and no checkpoint']
  const head = ['name', 'kind', 'job', 'created', 'keys', 'size', 'positions', 'parent', 'complete']
  return table(head, found.map(rowOf))
}

function rowOf({ name, contents, complete, problem }: Listed): readonly Cell[] {
  const end = complete ? 'yes' : `NO: ${problem}`
  if (contents === null) return [name, null, null, null, null, null, null, null, end]
  const { kind, job, createdMs, keys, bytes, parent } = contents
  const created = timestampText(createdMs, 'ms')
  return [
    name,
    kind,
    job,
    created,
    keys,
    byteCount(bytes),
    positionsText(contents),
    parent?.path ?? null,
    end,
  ]
}

/** `purchases 9,0,12`, a number a partition. */
function positionsText({ positions }: ListedContents): string | null {
  const texts = positions.map(({ source, partitions }) => {
    const shown = partitions.slice(0, 4).map(({ next }) => next ?? '-')
    return `${source} ${shown.join(',')}${partitions.length > 4 ? ',…' : ''}`
  })
  return texts.length === 0 ? null : texts.join(' ')
}
