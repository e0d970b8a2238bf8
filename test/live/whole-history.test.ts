/** L7 at the handoff: a history that does not have every record below its cut is refused, by the offsets that it lacks. */
import { readdirSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import { job } from '../../src/job/builder.ts'
import { fieldsOf } from '../../src/record/record.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { parquet } from '../../src/source/parquet.ts'
import { writeRows } from '../../src/source/parquet/rows-writer.ts'
import { value } from '../../src/state/state.ts'
import { HeadwaterError } from '../../src/errors.ts'
import { tempFolders } from '../temp-folder.ts'
import {
  bootstrapFrom,
  entries,
  foreignHistory,
  runToEnd,
  worldLog,
  type Value,
  type WorldLog,
} from './world.ts'

const schema = { customer: t.string(), n: t.int32(), at: t.timestamp('ms') }

const totals = job('totals')
  .from(source('s', { schema, eventTime: 'at' }))
  .keyBy('customer')
  .apply('sum', {
    state: { total: value(t.int32(), 0) },
    onRecord: ({ n }, { total }) => total.set(total.get() + n),
  })

const ones = (count: number, customer: string = 'a'): readonly Value[] =>
  Array.from({ length: count }, (_, i) => ({ customer, n: 1, at: i }))

describe('a history that is not whole', () => {
  const newFolder = tempFolders()

  async function world(partitions: number, records: number): Promise<readonly [string, WorldLog]> {
    const folder = newFolder()
    const log = await worldLog(folder, 's', schema, partitions)
    await log.append(0, ...ones(records))
    return [folder, log]
  }

  async function start(folder: string, flags: { acceptHoles?: true; newPartitions?: 'earliest' } = {}) {
    const { savepoint } = await runToEnd(totals, folder, { from: join(folder, 'savepoint'), ...flags })
    return entries(savepoint, 'sum', 'total')
  }

  async function refusal(folder: string): Promise<string> {
    const error: unknown = await start(folder).catch((error: unknown) => error)
    expect(error).to.be.instanceOf(HeadwaterError)
    return (error as Error).message
  }

  const given = (folder: string, cut: Record<number, number>) =>
    bootstrap(totals, {
      history: { s: parquet(join(folder, 'history-s')) },
      into: join(folder, 'savepoint'),
      cut: { s: cut },
    })

  it('ends before the cut that was given', async () => {
    const [folder, log] = await world(1, 10)
    await log.archive(4)
    const { manifest } = await given(folder, { 0: 8 })
    expect(manifest.sources[0]?.partitions[0]?.history?.holes).to.deep.equal([[4, 8]])
    expect(await refusal(folder))
      .to.contain('none for 4 to 7')
      .and.contain('--accept-holes')
    expect(await start(folder, { acceptHoles: true })).to.deep.equal({ a: 6 })
  })

  it('has nothing of a partition that the given cut names', async () => {
    const [folder, log] = await world(2, 2)
    await log.append(1, ...ones(5, 'b'))
    await log.archive(2)
    const { manifest } = await given(folder, { 0: 2, 1: 3 })
    const hole = { first: null, last: null, rows: 0, duplicates: 0, holes: [[0, 3]] }
    expect(manifest.sources[0]?.partitions[1]?.history).to.deep.equal(hole)
    expect(await refusal(folder))
      .to.contain('partition 1')
      .and.contain('none for 0 to 2')
  })

  it('has holes across and past the given cut, of which those past it do not count', async () => {
    const folder = newFolder()
    await worldLog(folder, 's', schema, 1)
    const rows = [0, 5, 9].map(offset => ({ partition: 0, offset, value: ones(1)[0] as Value }))
    await foreignHistory(folder, 's', schema, rows)
    const { manifest } = await given(folder, { 0: 4 })
    expect(manifest.sources[0]?.partitions[0]).to.deep.include({
      next: 4,
      history: { first: 0, last: 0, rows: 1, duplicates: 0, holes: [[1, 4]] },
    })
  })

  it('is an archive without its first file', async () => {
    const [folder, log] = await world(1, 4)
    await log.archive(2)
    await log.archive(4)
    const files = join(folder, 'history-s')
    rmSync(join(files, readdirSync(files).sort()[0] as string))
    await bootstrapFrom(totals, folder)
    await log.trim(2)
    expect(await refusal(folder)).to.contain('none for 0 to 1')
    expect(await start(folder, { acceptHoles: true })).to.deep.equal({ a: 2 })
  })

  it('is whole where the log was trimmed before its archive began', async () => {
    const [folder, log] = await world(1, 4)
    await log.trim(4)
    await log.append(0, ...ones(2))
    await log.archive(5)
    await bootstrapFrom(totals, folder)
    expect(await start(folder)).to.deep.equal({ a: 2 })
  })

  it('is of another tool and begins after the log', async () => {
    const [folder] = await world(1, 5)
    const rows = [2, 3].map(offset => ({ partition: 0, offset, value: ones(4)[offset] as Value }))
    await foreignHistory(folder, 's', schema, rows)
    await bootstrapFrom(totals, folder)
    expect(await refusal(folder)).to.contain('none for 0 to 1')
    expect(await start(folder, { acceptHoles: true })).to.deep.equal({ a: 3 })
  })

  it('carries no positions, and the cut leaves a partition out', async () => {
    const [folder, log] = await world(2, 1)
    await log.append(1, ...ones(2, 'b'))
    const files = join(folder, 'history-s')
    mkdirSync(files)
    await writeRows(join(files, 'a.parquet'), fieldsOf(schema), [...ones(1), ...ones(2, 'b')])
    await given(folder, { 0: 1 })
    expect(await refusal(folder))
      .to.contain('partition 1')
      .and.contain('--cut')
    rmSync(join(folder, 'savepoint'), { recursive: true })
    await given(folder, { 0: 1, 1: 2 })
    expect(await start(folder)).to.deep.equal({ a: 1, b: 2 })
  })
})
