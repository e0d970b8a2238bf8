/** History and log held against each other: what is missing, extra and different was put there by hand. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { bootstrap } from '../../../src/bootstrap/bootstrap.ts'
import {
  checkOverlap,
  type OverlapCheck,
  type OverlapCheckRequest,
  type SourceOverlapCheck,
} from '../../../src/handoff/overlap-check/overlap-check.ts'
import { timeCuts } from '../../../src/handoff/time-cut.ts'
import { graphOf } from '../../../src/job/brand.ts'
import { job } from '../../../src/job/builder.ts'
import type { Job } from '../../../src/job/job.ts'
import { fieldsOf } from '../../../src/record/record.ts'
import { t } from '../../../src/record/type.ts'
import type { Savepoint } from '../../../src/savepoint/savepoint.ts'
import { source } from '../../../src/source/declare.ts'
import { createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { trimLog } from '../../../src/source/file-log/trim.ts'
import type { Log } from '../../../src/source/log.ts'
import { parquet } from '../../../src/source/parquet.ts'
import { writeRows } from '../../../src/source/parquet/rows-writer.ts'
import { value } from '../../../src/state/state.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { begin, bootstrapFrom, foreignHistory, worldLog, type ForeignRow } from '../../live/world.ts'

const schema = { id: t.string(), n: t.float64(), at: t.timestamp('ms') }

const jobWith = (options: { recordId?: 'id'; handoffLatenessMs?: number }) =>
  job('totals')
    .from(source('s', { schema, eventTime: 'at', badRecords: 'skip', ...options }))
    .keyBy('id')
    .apply('sum', { state: { n: value(t.float64(), 0) }, onRecord: () => undefined })

const record = (id: string, n: number, at = 0): Record<string, unknown> => ({ id, n, at })

async function check(
  of: Job,
  savepoint: Savepoint,
  folder: string,
  more: Partial<OverlapCheckRequest> = {},
): Promise<OverlapCheck> {
  const log = fileLog(join(folder, 'log-s'))
  const logs = more.logs ?? new Map([['s', log]])
  const histories = new Map([['s', parquet(join(folder, 'history-s'))]])
  const [graph, { manifest }] = [graphOf(of), savepoint]
  try {
    const cuts = await timeCuts(graph, manifest, logs, {})
    return await checkOverlap({ graph, manifest, histories, cuts, ...more, logs })
  } finally {
    await log.close()
  }
}

const counted = ({ compared, missing, extra, different }: SourceOverlapCheck): readonly number[] => [
  compared,
  missing,
  extra,
  different,
]

describe('overlap check', () => {
  const folders = tempFolders()

  describe('by offset', () => {
    const plain = jobWith({})

    /** Partition 0 has r0 … r5, partition 1 b0 and b1; the history is theirs but for `change`. */
    async function world(change: (rows: ForeignRow[]) => ForeignRow[]): Promise<[string, Savepoint]> {
      const folder = folders()
      const log = await worldLog(folder, 's', schema, 2)
      const first = Array.from({ length: 6 }, (_, i) => record(`r${i}`, i))
      const second = [record('b0', 0.5), record('b1', 1.5)]
      await log.append(0, ...first, record('later', 1))
      await log.append(1, ...second)
      const rows = [first, second].flatMap((list, partition) =>
        list.map((each, offset) => ({ partition, offset, value: each })),
      )
      await foreignHistory(folder, 's', schema, change(rows))
      return [folder, await bootstrapFrom(plain, folder)]
    }

    it('finds nothing where the log still has what the history was made of', async () => {
      const [folder, savepoint] = await world(rows => rows.toReversed())
      const { sources, same } = await check(plain, savepoint, folder)
      expect(same).to.equal(true)
      expect(sources).to.deep.equal([
        {
          source: 's',
          by: 'offset',
          compared: 8,
          missing: 0,
          extra: 0,
          different: 0,
          partitions: [
            {
              partition: 0,
              from: 0,
              until: 6,
              compared: 6,
              missing: 0,
              extra: 0,
              different: 0,
              extraKnown: true,
            },
            {
              partition: 1,
              from: 0,
              until: 2,
              compared: 2,
              missing: 0,
              extra: 0,
              different: 0,
              extraKnown: true,
            },
          ],
          examples: [],
        },
      ])
    })

    it('finds what is missing and what differs, with both records', async () => {
      const [folder, savepoint] = await world(rows =>
        rows
          .filter(({ partition, offset }) => !(partition === 0 && offset === 2))
          .map(row =>
            row.partition === 1 && row.offset === 1 ? { ...row, value: record('b1', 1.25) } : row,
          ),
      )
      const { sources, same } = await check(plain, savepoint, folder)
      expect(same).to.equal(false)
      expect(counted(sources[0]!)).to.deep.equal([7, 1, 0, 1])
      const [first, second] = sources[0]!.examples.toSorted((a, b) => a.partition! - b.partition!)
      expect(first).to.deep.equal({
        kind: 'missing',
        partition: 0,
        offset: 2,
        id: null,
        history: null,
        log: '{"id":"r2","n":2,"at":0}',
      })
      expect(second).to.deep.equal({
        kind: 'different',
        partition: 1,
        offset: 1,
        id: null,
        history: '{"id":"b1","n":1.25,"at":0}',
        log: '{"id":"b1","n":1.5,"at":0}',
      })
    })

    it('finds what a compacted log lacks', async () => {
      const [folder, savepoint] = await world(rows => rows)
      const inner = fileLog(join(folder, 'log-s'))
      const compacted: Log = {
        describe: () => inner.describe(),
        offsetsAt: time => inner.offsetsAt(time),
        async *read(options) {
          for await (const batch of inner.read(options)) {
            const records = batch.records.filter(({ offset }) => batch.partition !== 0 || offset % 3 !== 1)
            yield { ...batch, records }
          }
        },
        close: () => inner.close(),
      }
      const { sources } = await check(plain, savepoint, folder, { logs: new Map([['s', compacted]]) })
      await inner.close()
      expect(counted(sources[0]!)).to.deep.equal([6, 0, 2, 0])
      expect(sources[0]!.examples.map(({ offset, history, log }) => [offset, history, log])).to.deep.equal([
        [1, '{"id":"r1","n":1,"at":0}', null],
        [4, '{"id":"r4","n":4,"at":0}', null],
      ])
    })

    it('begins where the log does', async () => {
      const [folder, savepoint] = await world(rows => rows)
      const writer = await openFileLogWriter(join(folder, 'log-s'))
      await writer.roll()
      await writer.append(0, [{ value: record('end', 1) }])
      await writer.close()
      await trimLog(join(folder, 'log-s'), { positions: new Map([[0, 7]]) })
      const { sources } = await check(plain, savepoint, folder)
      expect(
        sources[0]!.partitions.map(({ partition, from, until }) => [partition, from, until]),
      ).to.deep.equal([[1, 0, 2]])
    })

    it('gives the same whatever fits in memory', async () => {
      const [folder, savepoint] = await world(rows =>
        rows
          .filter(({ offset }) => offset !== 3)
          .map(row => (row.offset === 0 ? { ...row, value: record('x', 9) } : row)),
      )
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async windowRecords => {
          const { sources } = await check(plain, savepoint, folder, { windowRecords })
          expect(counted(sources[0]!)).to.deep.equal([7, 1, 0, 2])
        }),
        { numRuns: 9 },
      )
    })

    it('has nothing to compare where there is no history', async () => {
      const folder = folders()
      await worldLog(folder, 's', schema, 1)
      mkdirSync(join(folder, 'history-s'))
      await rejects(check(plain, await begin(plain, folder), folder), 'invalid', 'no-history-to-check')
    })
  })

  describe('by record id', () => {
    const withId = jobWith({ recordId: 'id', handoffLatenessMs: 100 })

    /** The log has a to f at 1000, 2000 … 6000; event times are log times. Of history's rows the newest is `e`: cut at 4900. */
    async function world(rows: readonly Record<string, unknown>[]): Promise<[string, Savepoint]> {
      const folder = folders()
      const dir = join(folder, 'log-s')
      await createFileLog(dir, { partitions: 1, schema })
      const writer = await openFileLogWriter(dir)
      for (const [i, id] of [...'abcdef'].entries()) {
        await writer.roll()
        await writer.append(0, [{ value: record(id, i, (i + 1) * 1000), time: (i + 1) * 1000 }])
      }
      await writer.close()
      mkdirSync(join(folder, 'history-s'))
      await writeRows(join(folder, 'history-s', 'all.parquet'), fieldsOf(schema), rows)
      const history = { s: parquet(join(folder, 'history-s')) }
      return [folder, await bootstrap(withId, { history, into: join(folder, 'savepoint') })]
    }

    const rows = [...'abcde'].map((id, i) => record(id, i, (i + 1) * 1000))

    it('finds nothing where the history has every record below the cut; those past it may be new', async () => {
      const [folder, savepoint] = await world(rows)
      const { sources, same } = await check(withId, savepoint, folder)
      expect([same, sources[0]!.by]).to.deep.equal([true, 'id'])
      expect(counted(sources[0]!)).to.deep.equal([5, 0, 0, 0])
    })

    it('finds what is missing, extra and different, in any number of shares', async () => {
      const changed = [rows[0]!, { ...rows[2]!, n: 7 }, rows[3]!, rows[4]!, record('z', 1, 1500)]
      const [folder, savepoint] = await world(changed)
      for (const windowRecords of [4, 8, 4_000_000]) {
        const { sources } = await check(withId, savepoint, folder, { windowRecords })
        expect(counted(sources[0]!)).to.deep.equal([4, 1, 1, 1])
        const found = sources[0]!.examples.map(({ kind, id, history, log }) => [kind, id, history, log])
        expect(found.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))).to.deep.equal([
          ['different', '"c"', '{"id":"c","n":7,"at":3000}', '{"id":"c","n":2,"at":3000}'],
          ['extra', '"z"', '{"id":"z","n":1,"at":1500}', null],
          ['missing', '"b"', null, '{"id":"b","n":1,"at":2000}'],
        ])
      }
    })

    it('says that it can not know what is extra where the log was trimmed', async () => {
      const [folder, savepoint] = await world(rows)
      await trimLog(join(folder, 'log-s'), { positions: new Map([[0, 2]]) })
      const { sources, same } = await check(withId, savepoint, folder)
      expect(same).to.equal(true)
      expect(sources[0]!.partitions[0]).to.include({ compared: 3, extra: 0, extraKnown: false })
    })

    it('needs an id', async () => {
      const [folder, savepoint] = await world(rows)
      await rejects(check(jobWith({}), savepoint, folder), 'invalid', 'nothing-to-check-by')
    })
  })
})
