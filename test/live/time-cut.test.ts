/**
 * A history without offsets meets its log by time. The log of these tests, as [id, log time, event time]; the history has
 * those with a star, so its newest event time is 5500. Amounts are powers of two: a total says which records are in it.
 *
 *   partition 0   a* 1000 1000 · b* 2000 2000 · c* 5000 4900 · d* 5600 5500 · e 6200 5400
 *   partition 1   f* 1500 1400 · g* 5200 5100 · h  6100 5050
 *
 * With handoffLatenessMs 1000 the log is read from log time 4500 on, from c and g; ids are known from event time 3500 on.
 */
import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { expect } from 'chai'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import type { HandoffPlan } from '../../src/handoff/handoff.ts'
import { job } from '../../src/job/builder.ts'
import type { RunOptions } from '../../src/live/live.ts'
import type { Job } from '../../src/job/job.ts'
import { fieldsOf } from '../../src/record/record.ts'
import { t } from '../../src/record/type.ts'
import { edit } from '../../src/repair/edit.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import { handoffProof } from '../../src/savepoint/proof.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { callback } from '../../src/sink/callback.ts'
import { source } from '../../src/source/declare.ts'
import { createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { trimLog } from '../../src/source/file-log/trim.ts'
import { parquet } from '../../src/source/parquet.ts'
import { writeRows } from '../../src/source/parquet/rows-writer.ts'
import { value } from '../../src/state/state.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { entries, lines, newest, runToEnd } from './world.ts'

const schema = { id: t.string(), amount: t.int32(), at: t.timestamp('ms') }

const totals = (options: { recordId?: 'id' | 'amount'; handoffLatenessMs?: number } = { recordId: 'id' }) =>
  job('totals')
    .from(source('purchases', { schema, eventTime: 'at', handoffLatenessMs: 1000, ...options }))
    .map({ ...schema, all: t.string() }, record => ({ ...record, all: 'all' }))
    .keyBy('all')
    .apply('sum', {
      state: { total: value(t.int32(), 0) },
      onRecord: ({ amount, id }, { total }, out) => {
        total.set(total.get() + amount)
        out.emit({ id, late: (out.time as number) <= out.watermark })
      },
    })
    .to('totals')

type Row = readonly [id: string, logMs: number, at: number]

const partitions: readonly (readonly Row[])[] = [
  [
    ['a', 1000, 1000],
    ['b', 2000, 2000],
    ['c', 5000, 4900],
    ['d', 5600, 5500],
    ['e', 6200, 5400],
  ],
  [
    ['f', 1500, 1400],
    ['g', 5200, 5100],
    ['h', 6100, 5050],
  ],
]
const inHistory = 'abcdfg'
const amountOf = (id: string): number => 2 ** 'abcdefghyz'.indexOf(id)
const sumOf = (ids: string): number => [...ids].reduce((sum, id) => sum + amountOf(id), 0)
const recordOf = ([id, , at]: Row): Record<string, unknown> => ({ id, amount: amountOf(id), at })

describe('a history without offsets, met by time', () => {
  const folders = tempFolders()

  async function append(folder: string, partition: number, rows: readonly Row[]): Promise<void> {
    const writer = await openFileLogWriter(join(folder, 'log-purchases'))
    for (const row of rows) {
      await writer.roll()
      await writer.append(partition, [{ value: recordOf(row), time: row[1] }])
    }
    await writer.close()
  }

  async function world(of: Job = totals()): Promise<{ folder: string; from: string; savepoint: Savepoint }> {
    const folder = folders()
    await createFileLog(join(folder, 'log-purchases'), { partitions: 2, schema })
    for (const [partition, rows] of partitions.entries()) await append(folder, partition, rows)
    mkdirSync(join(folder, 'history'))
    const rows = partitions.flat().filter(([id]) => inHistory.includes(id))
    await writeRows(join(folder, 'history', 'all.parquet'), fieldsOf(schema), rows.map(recordOf))
    const from = join(folder, 'savepoint')
    const savepoint = await bootstrap(of, {
      history: { purchases: parquet(join(folder, 'history')) },
      into: from,
    })
    return { folder, from, savepoint }
  }

  const refusalOf = async (
    of: Job,
    folder: string,
    options: Partial<RunOptions<Job>> = {},
  ): Promise<string> => (await rejects(runToEnd(of, folder, options), 'invalid', 'handoff-refused')).message
  const totalIn = async (savepoint: Savepoint): Promise<unknown> =>
    (await entries(savepoint, 'sum', 'total'))['all']

  it('keeps the ids of its newest records as a state that anybody can list and check', async () => {
    const { savepoint } = await world()
    expect(await entries(savepoint, 'overlap:purchases', 'time')).to.deep.equal({ c: 4900, d: 5500, g: 5100 })
    expect(savepoint.manifest.sources[0]?.overlap).to.deep.equal({
      recordId: 'id',
      idsFrom: 3500,
      cutMs: null,
      ends: null,
    })
    expect((await verifySavepoint(savepoint.folder)).sound).to.equal(true)
  })

  it('applies every record once, and proves it by their ids', async () => {
    const { folder, from } = await world()
    let plan: HandoffPlan | null = null
    const { savepoint } = await runToEnd(totals(), folder, { from, onPlan: made => (plan = made) })
    expect(await totalIn(savepoint)).to.equal(sumOf('abcdefgh'))
    expect(
      lines(folder, 'totals')
        .map(line => (line as { id: string }).id)
        .sort(),
    ).to.deep.equal(['e', 'h'])
    const planned = plan as unknown as HandoffPlan
    expect(planned.sources[0]).to.deep.include({
      cut: 'time',
      overlap: {
        recordId: 'id',
        idsFrom: 3500,
        cutMs: 4500,
        ends: [
          [0, 5],
          [1, 3],
        ],
      },
    })
    expect(planned.sources[0]?.partitions.map(({ next, toDo }) => [next, toDo])).to.deep.equal([
      [2, 3],
      [1, 2],
    ])
    const proof = handoffProof(savepoint.manifest)
    expect(proof).to.include({ proved: true, approximate: false })
    expect(
      proof.sources[0]?.partitions.map(({ join: joined, firstLive, next }) => [joined, firstLive, next]),
    ).to.deep.equal([
      ['by id', 2, 5],
      ['by id', 1, 3],
    ])
    expect(proof.sources[0]?.phases?.history).to.include({ rows: 6 })
    expect(proof.sources[0]?.phases?.overlap).to.include({ rows: 2, duplicates: 3 })
    expect(proof.sources[0]?.phases?.live).to.include({ rows: 0, duplicates: 0 })
  })

  it('forgets the ids once every partition is past the overlap, and not before', async () => {
    const { folder, from } = await world()
    const uids = async (): Promise<readonly string[]> =>
      (await newest(folder)).manifest.operators.map(({ uid }) => uid)
    const stop = new AbortController()
    const emitted: unknown[] = []
    const sink = callback(records => {
      emitted.push(...records.map(({ id }) => id))
      stop.abort()
    })
    // Partitions take turns: c and g, d and h are read, and e is not.
    await runToEnd(totals(), folder, {
      from,
      maxBatchRecords: 1,
      checkpointEveryMs: 0,
      sinks: { totals: sink },
      signal: stop.signal,
    })
    expect(emitted).to.deep.equal(['h'])
    const stopped = await newest(folder)
    expect(await uids()).to.deep.equal(['sum', 'overlap:purchases'])
    expect((await verifySavepoint(stopped.manifestPath)).sound).to.equal(true)
    const { savepoint } = await runToEnd(totals(), folder)
    expect(await totalIn(savepoint)).to.equal(sumOf('abcdefgh'))
    expect(await uids()).to.deep.equal(['sum'])
    // Nobody asks any more: a record behind the overlap counts whatever its id is.
    await append(folder, 0, [['c', 9000, 9000]])
    expect(await totalIn((await runToEnd(totals(), folder)).savepoint)).to.equal(
      sumOf('abcdefgh') + amountOf('c'),
    )
  })

  it('goes on in the overlap after an edit and a rewrite: both keep the ids', async () => {
    const { folder, from } = await world()
    const stop = new AbortController()
    stop.abort()
    const { savepoint: stopped } = await runToEnd(totals(), folder, { from, signal: stop.signal })
    const change = { uid: 'sum', state: 'total', key: 'all', set: 10_000 }
    const edited = await edit(stopped, [change], { into: join(folder, 'edited') })
    const into = join(folder, 'rewritten')
    // All of the job's entries are kept, and the condition is none that ids could fulfil.
    await rewrite(edited.savepoint as Savepoint, { into, keyPrefix: 'al' })
    const { savepoint } = await runToEnd(totals(), folder, { from: into, checkpoints: join(folder, 'other') })
    expect(await totalIn(savepoint)).to.equal(10_000 + sumOf('eh'))
  })

  it('refuses a record that is older than the ids, unless it is accepted, for ever', async () => {
    const { folder, from } = await world()
    await append(folder, 1, [['z', 6300, 3000]])
    const error = await rejects(runToEnd(totals(), folder, { from }), 'data', 'undecided-record')
    expect(error.message).to.contain('id z').and.to.contain('handoffLatenessMs')
    const checkpoints = join(folder, 'accepted')
    const sinks = { totals: callback(() => undefined) }
    const accepted = await runToEnd(totals(), folder, { from, checkpoints, sinks, approximate: true })
    expect(await totalIn(accepted.savepoint)).to.equal(sumOf('abcdefghz'))
    expect(handoffProof(accepted.savepoint.manifest)).to.include({ approximate: true, proved: false })
  })

  it('without ids is refused, and accepted applies twice what both have: approximate, through every descendant', async () => {
    const plain = totals({})
    const { folder, from } = await world(plain)
    expect(await refusalOf(plain, folder, { from }))
      .to.contain('approximate: source purchases')
      .and.to.contain('declares no recordId')
      .and.to.contain('--approximate')
    const { savepoint } = await runToEnd(plain, folder, { from, approximate: true })
    expect(await totalIn(savepoint)).to.equal(sumOf('abcdefgh') + sumOf('cdg'))
    await append(folder, 0, [['y', 9000, 9000]])
    const again = (await runToEnd(plain, folder)).savepoint
    const change = { uid: 'sum', state: 'total', key: 'all', set: 1 }
    const edited = (await edit(again, [change], { into: join(folder, 'edited') })).savepoint as Savepoint
    for (const { manifest } of [savepoint, again, edited]) {
      expect(handoffProof(manifest)).to.include({ approximate: true, proved: false })
      expect(manifest.accepted?.map(({ code, flag }) => [code, flag])).to.deep.equal([
        ['approximate', '--approximate'],
      ])
      expect(handoffProof(manifest).sources[0]?.partitions[0]?.join).to.equal('approximate')
    }
  })

  it('with ids of another field is refused, until the overlap is passed', async () => {
    const { folder, from } = await world()
    const other = totals({ recordId: 'amount' })
    expect(await refusalOf(other, folder, { from, approximate: true })).to.contain("recordId 'id'")
    await runToEnd(totals(), folder, { from })
    expect(await totalIn((await runToEnd(other, folder)).savepoint)).to.equal(sumOf('abcdefgh'))
  })

  it('whose log was trimmed past the time is refused', async () => {
    const { folder, from } = await world()
    await trimLog(join(folder, 'log-purchases'), { positions: new Map([[0, 3]]) })
    expect(await refusalOf(totals(), folder, { from }))
      .to.contain('gap: source purchases partition 0')
      .and.to.contain('begins at 3')
    const { savepoint } = await runToEnd(totals(), folder, { from, onGap: 'earliest' })
    expect(handoffProof(savepoint.manifest).accepted.map(({ code, flag }) => [code, flag])).to.deep.equal([
      ['gap', '--on-gap earliest'],
    ])
  })

  it('takes a time that is given, and refuses one where the cut is known', async () => {
    const { folder, from } = await world()
    let cutMs: number | null | undefined
    const onPlan = (plan: HandoffPlan): void => void (cutMs = plan.sources[0]?.overlap?.cutMs)
    // 2500 − 1000: read from log time 1500 on, from b and f; both are older than the ids.
    const early = { from, cutTimes: { purchases: 2500 }, onPlan }
    await rejects(runToEnd(totals(), folder, early), 'data', 'undecided-record')
    expect(cutMs).to.equal(1500)
    const given = join(folder, 'given')
    const cut = { purchases: { 0: 4, 1: 2 } }
    await bootstrap(totals(), { history: { purchases: parquet(join(folder, 'history')) }, into: given, cut })
    const options = { from: given, checkpoints: join(folder, 'other'), cutTimes: { purchases: 2500 } }
    expect(await refusalOf(totals(), folder, options)).to.contain('cut-known')
  })
})
