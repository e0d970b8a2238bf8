/** `headwater log read`: the records of a log as lines. */
import type { LogBatch, LogRecord } from '../../source/log.ts'
import { timestampText } from '../../codec/iso-time.ts'
import type { Command } from '../cli.ts'
import { logForms, logOptions, openLogOptions, troubleTeller } from '../log-options.ts'
import { positionsOption } from '../positions.ts'
import { wholeNumberOption } from '../whole-number.ts'

export const logReadCommand: Command = {
  name: 'log read',
  summary: 'Print the records of a log',
  about: 'From its beginning to its present end, partitions in turn. With --json a line has all of a record.',
  positionals: [{ name: 'LOG', text: logForms }],
  options: {
    from: {
      value: 'POSITIONS',
      text: 'where to start, 0:123,1:456 or a JSON file; only these partitions are read',
    },
    until: { value: 'POSITIONS', text: 'where to stop, exclusive; beyond the present end it is waited for' },
    follow: { text: 'wait for new records instead of stopping' },
    limit: { value: 'N', text: 'stop after so many records' },
    values: { text: 'print the values alone, as JSON' },
    ...logOptions,
  },
  examples: [
    ['log read file:log/purchases --limit 10', 'the first records'],
    ['log read file:log/purchases --from 0:431673 --values', 'values of partition 0 from there on'],
  ],
  run: async (args, session) => {
    const signal = session.stopSignal()
    const from = await positionsOption(args, 'from')
    const until = await positionsOption(args, 'until')
    const limit = wholeNumberOption(args, 'limit', 0)
    const [{ openLog }, { readLog }] = await Promise.all([
      import('../../source/log-url.ts'),
      import('../../source/read-log.ts'),
    ])
    const log = openLog(args.word('LOG'), openLogOptions(args, { onWarning: troubleTeller(session), signal }))
    const lineOf = args.flag('values') ? valueLine : session.json ? jsonLine : textLine
    const options = { follow: args.flag('follow'), signal, ...(from && { from }), ...(until && { until }) }
    try {
      for await (const batch of readLog(log, { ...options, ...(limit !== undefined && { limit }) })) {
        await session.out.lines(batch.records.map(record => lineOf(record, batch)))
      }
    } finally {
      await log.close()
    }
  },
}

function valueLine({ value }: LogRecord): string {
  return JSON.stringify(value)
}

function jsonLine(record: LogRecord, { partition }: LogBatch): string {
  return JSON.stringify({ partition, ...record })
}

function textLine({ offset, time, key, value }: LogRecord, { partition }: LogBatch): string {
  const when = time === null ? '-' : timestampText(time, 'ms')
  return `${partition}:${offset}  ${when}  ${JSON.stringify(key)}  ${JSON.stringify(value)}`
}
