/** `headwater log append`: fills a file log from lines of JSON. */
import { createReadStream } from 'node:fs'
import { hasErrno, invalid, messageOf, unavailable } from '../../errors.ts'
import type { AppendReport } from '../../source/file-log/append-json-lines.ts'
import type { Command } from '../cli.ts'
import { logArgument } from '../log-argument.ts'
import type { Progress } from '../progress.ts'
import { sourceFields, sourceOptions } from '../source-fields.ts'
import { count, table } from '../table.ts'
import { wholeNumberOption } from '../whole-number.ts'

export const logAppendCommand: Command = {
  name: 'log append',
  summary: 'Append lines of JSON to a file log, which is made where there is none',
  positionals: [
    logArgument,
    { name: 'FILE', text: 'one JSON value a line; standard input without it', optional: true },
  ],
  options: {
    partitions: { value: 'N', text: 'of a new log; default 1' },
    key: { value: 'FIELD', text: 'of a new log: the field whose value is the key, which says the partition' },
    time: { value: 'FIELD', text: 'the field that is the record’s log time; default: the time of appending' },
    partition: { value: 'N', text: 'append all to this one' },
    roll: { text: 'begin new segments at the end, so that all of it can be trimmed' },
    'segment-bytes': { value: 'N', text: 'of a new log: a segment of that size is full; default 64 MiB' },
    ...sourceOptions,
  },
  examples: [
    ['log append file:log/purchases purchases.ndjson --partitions 4 --key customer', 'a new log'],
    ['log append file:log/purchases < more.ndjson', 'more of it'],
  ],
  run: async (args, session) => {
    const partitions = wholeNumberOption(args, 'partitions', 1)
    const partition = wholeNumberOption(args, 'partition', 0)
    const segmentBytes = wholeNumberOption(args, 'segment-bytes', 1)
    const [keyField, timeField] = [args.text('key'), args.text('time')]
    const schema = await sourceFields(args)
    const [{ fileLogFolder }, { appendJsonLines }, { textLines }] = await Promise.all([
      import('../../source/log-url.ts'),
      import('../../source/file-log/append-json-lines.ts'),
      import('../../source/text-lines.ts'),
    ])
    const dir = fileLogFolder(args.word('LOG'))
    const file = args.optionalWord('FILE')
    const lines = textLines(file === null ? process.stdin : fileBytes(file), file ?? 'standard input')
    const report = await appendJsonLines(dir, lines, {
      roll: args.flag('roll'),
      progress: records => session.progress.show(appended(records)),
      ...(partitions !== undefined && { partitions }),
      ...(partition !== undefined && { partition }),
      ...(segmentBytes !== undefined && { segmentBytes }),
      ...(keyField !== null && { keyField }),
      ...(timeField !== null && { timeField }),
      ...(schema && { schema }),
    })
    session.progress.end()
    if (session.json) await session.out.json({ ...report, positions: Object.fromEntries(report.positions) })
    else await session.out.lines(reportLines(report))
  },
}

function appended(records: number): Progress {
  return {
    name: 'append',
    text: `${count(records)} records`,
    part: null,
    data: { event: 'progress', records },
  }
}

function reportLines({ records, positions, created }: AppendReport): readonly string[] {
  return [
    `${count(records)} records appended${created ? ' to a new log' : ''}`,
    ...table(['partition', 'latest'], [...positions]),
  ]
}

/** A file's bytes; `invalid` `no-such-file`, `unavailable` `unreadable-file`. */
async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) {
      throw invalid({
        code: 'no-such-file',
        thing: path,
        expected: 'a file',
        found: 'nothing there',
        remedy: 'check the path',
      })
    }
    throw unavailable({
      code: 'unreadable-file',
      thing: path,
      found: messageOf(error),
      remedy: 'name a readable file',
      cause: error,
    })
  }
}
