// A history without offsets, met by time, with several tasks.
import { expect } from 'chai'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import type { RunOptions } from '../../src/live/live.ts'
import { run } from '../../src/live/run.ts'
import { fieldsOf } from '../../src/record/record.ts'
import { t } from '../../src/record/type.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { handoffProof } from '../../src/savepoint/proof.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { callback } from '../../src/sink/callback.ts'
import { source } from '../../src/source/declare.ts'
import { createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { parquet } from '../../src/source/parquet.ts'
import { writeRows } from '../../src/source/parquet/rows-writer.ts'
import { value } from '../../src/state/state.ts'
import { tempFolders } from '../temp-folder.ts'
import { entries } from './world.ts'

const schema = { id: t.string(), customer: t.string(), at: t.timestamp('ms') }

const counting = (recordId?: 'id'): Job =>
  job('counts')
    .from(
      source('visits', {
        schema,
        eventTime: 'at',
        partitionedByKey: true,
        handoffLatenessMs: 1000,
        ...(recordId && { recordId }),
      }),
    )
    .keyBy('customer')
    .apply('visits', {
      state: { count: value(t.int32(), 0) },
      onRecord: (_, { count }) => count.set(count.get() + 1),
    })
    .to('none')

const customers = 12
const visit = (n: number) => ({ id: `v${n}`, customer: `c${n % customers}`, at: 100 * n })
const byHand = (visits: readonly number[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const n of visits) counts[`c${n % customers}`] = (counts[`c${n % customers}`] ?? 0) + 1
  return counts
}
const range = (from: number, end: number): readonly number[] =>
  Array.from({ length: end - from }, (_, i) => from + i)

describe('a history without offsets, met by time, and several tasks', () => {
  const folders = tempFolders()

  /** Visits 0 to 119, of which the history has those below 60; the log takes each at its time. */
  async function world(of: Job): Promise<{
    readonly go: (options: Partial<RunOptions<Job>>) => Promise<unknown>
    readonly checkpoints: string
  }> {
    const folder = folders()
    const dir = join(folder, 'log')
    await createFileLog(dir, { partitions: 4, schema })
    const writer = await openFileLogWriter(dir)
    for (const n of range(0, 120))
      await writer.appendByKey([{ key: visit(n).customer, value: visit(n), time: visit(n).at }])
    await writer.close()
    mkdirSync(join(folder, 'history'))
    await writeRows(join(folder, 'history', 'all.parquet'), fieldsOf(schema), range(0, 60).map(visit))
    const from = join(folder, 'savepoint')
    await bootstrap(of, { history: { visits: parquet(join(folder, 'history')) }, into: from })
    const checkpoints = join(folder, 'checkpoints')
    const go = (options: Partial<RunOptions<Job>>): Promise<unknown> =>
      run(of, {
        from,
        log: { visits: fileLog(dir) },
        sinks: { none: callback(() => undefined) },
        checkpoints,
        untilEnd: true,
        maxBatchRecords: 7,
        ...options,
      })
    return { go, checkpoints }
  }

  const tasks = (count: number): readonly Partial<RunOptions<Job>>[] =>
    range(0, count).map(index => ({ task: { index, count } }))

  it('applies the records twice that both have, where that is accepted', async () => {
    const { go, checkpoints } = await world(counting())
    await Promise.all(tasks(3).map(options => go({ ...options, approximate: true })))
    const savepoint = await openSavepoint(checkpoints)
    // The newest of the history is of 5,900 ms, so the log is read from 4,900 on.
    expect(await entries(savepoint, 'visits', 'count')).to.deep.equal(
      byHand([...range(0, 60), ...range(49, 120)]),
    )
    expect(handoffProof(savepoint.manifest)).to.include({ approximate: true, proved: false })
    expect((await verifySavepoint(checkpoints)).sound).to.equal(true)
  })

  it('leaves out by their ids those that the history has', async () => {
    const { go, checkpoints } = await world(counting('id'))
    await Promise.all(tasks(3).map(options => go(options)))
    const savepoint = await openSavepoint(checkpoints)
    expect(await entries(savepoint, 'visits', 'count')).to.deep.equal(byHand(range(0, 120)))
    expect(handoffProof(savepoint.manifest)).to.include({ approximate: false, proved: true })
    expect((await verifySavepoint(checkpoints)).sound).to.equal(true)
    // Nobody asks for ids any more: the next generation has none.
    await Promise.all(tasks(2).map(options => go(options)))
    const uids = (await openSavepoint(checkpoints)).manifest.operators.map(({ uid }) => uid)
    expect(uids).to.deep.equal(['visits'])
  })

  it('keeps the ids for the tasks that are not past them, though others are, and whatever their number', async () => {
    const { go, checkpoints } = await world(counting('id'))
    await go({ task: { index: 1, count: 3 } })
    await go({ task: { index: 1, count: 3 } })
    expect((await verifySavepoint(checkpoints)).sound).to.equal(true)
    await Promise.all(tasks(2).map(options => go(options)))
    const savepoint = await openSavepoint(checkpoints)
    expect(await entries(savepoint, 'visits', 'count')).to.deep.equal(byHand(range(0, 120)))
    expect(handoffProof(savepoint.manifest)).to.include({ proved: true })
  })
})
