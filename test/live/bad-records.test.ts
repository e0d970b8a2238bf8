import { expect } from 'chai'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import type { BadRecords } from '../../src/source/source.ts'
import { value } from '../../src/state/state.ts'
import { duckdb } from '../duckdb.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { begin, entries, newest, runToEnd, worldLog, type Value } from './world.ts'

const schema = { customer: t.optional(t.string()), amount: t.float64(), at: t.timestamp('ms') }

function retail(badRecords: BadRecords, more: object = {}) {
  return job('retail')
    .from(source('purchases', { schema, eventTime: 'at', badRecords, ...more }))
    .keyBy('customer')
    .apply('spend', {
      state: { total: value(t.float64(), 0) },
      onRecord({ amount }, { total }) {
        total.set(total.get() + amount)
      },
    })
}

describe('bad records of a log', () => {
  const folders = tempFolders()

  async function world(...values: readonly Value[]) {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await log.append(0, ...values)
    await begin(retail('stop'), folder)
    return { folder, from: join(folder, 'savepoint') }
  }

  const good = { customer: 'ann', amount: 1, at: 10 }
  const cases: readonly (readonly [what: string, code: string, bad: Value, message: string])[] = [
    ['a wrong type', 'wrong-type', { customer: 'ann', amount: '1', at: 20 }, `field 'amount'`],
    ['a missing field', 'missing-field', { customer: 'ann', at: 20 }, `field 'amount'`],
    ['no time', 'missing-field', { customer: 'ann', amount: 1 }, `field 'at'`],
    ['no key', 'null-key', { amount: 1, at: 20 }, `key field 'customer'`],
  ]
  for (const [what, code, bad, message] of cases) {
    it(`${what}: stops the run with the record's place, and commits nothing of the batch`, async () => {
      const { folder, from } = await world(good, bad)
      const error = await rejects(runToEnd(retail('stop'), folder, { from }), 'data', code)
      expect(error.message).to.contain('purchases partition 0 offset 1').and.to.contain(message)
      expect((await newest(folder)).manifest.kind).to.equal('start')
    })

    it(`${what}: is skipped and counted where the source says so`, async () => {
      const { folder, from } = await world(good, bad, good)
      const { savepoint, progress } = await runToEnd(retail('skip'), folder, { from })
      expect(progress.bad).to.equal(1)
      expect(savepoint.manifest.counts.sources[0]?.bad).to.equal(1)
      expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 2 })
      expect(existsSync(join(folder, 'checkpoints', 'bad'))).to.equal(false)
    })
  }

  it('without a key moves the watermark all the same; one that can not be read does not', async () => {
    const { folder, from } = await world(
      good,
      { amount: 1, at: 50 },
      { customer: 'ann', amount: null, at: 90 },
    )
    const { savepoint } = await runToEnd(retail('skip'), folder, { from })
    expect(savepoint.manifest.sources[0]?.partitions[0]?.runningMax).to.equal(50)
  })

  it('are kept with place and reason, in a file that another engine reads', async () => {
    const { folder, from } = await world(
      good,
      { customer: null, amount: 1, at: 20 },
      { customer: 'bob', amount: true, at: 30 },
    )
    await runToEnd(retail('keep'), folder, { from })
    const [file] = readdirSync(join(folder, 'checkpoints', 'bad'))
    expect(file).to.match(/^purchases\.[0-9a-f]{8}\.2\.[0-9a-f]{32}\.parquet$/)
    const rows = await duckdb(
      `SELECT partition, "offset", code, "where", record FROM '${folder}/checkpoints/bad/*.parquet'`,
    )
    expect(rows.map(({ code, where, record }) => [code, where, JSON.parse(record as string)])).to.deep.equal([
      ['null-key', 'purchases partition 0 offset 1', { customer: null, amount: 1, at: 20 }],
      ['wrong-type', 'purchases partition 0 offset 2', { customer: 'bob', amount: true, at: 30 }],
    ])
  })

  it('are bad once and kept once, however many stages refuse them, and not applied', async () => {
    const { folder, from } = await world(good, { amount: 1, at: 20 }, good)
    const begun = job('retail')
    const purchases = source('purchases', { schema, eventTime: 'at', badRecords: 'keep' })
    const stage = (uid: string) =>
      begun
        .from(purchases)
        .keyBy('customer')
        .apply(uid, { state: { total: value(t.float64(), 0) }, onRecord: () => undefined })
    const { savepoint, progress } = await runToEnd(stage('spend').and(stage('again')), folder, {
      from,
      fresh: ['again/total'],
    })
    expect(progress).to.deep.include({ bad: 1, records: 2 })
    expect(savepoint.manifest.counts.sources[0]).to.include({ rows: 2, bad: 1 })
    const rows = await duckdb(`SELECT "offset" FROM '${folder}/checkpoints/bad/*.parquet'`)
    expect(rows.map(({ offset }) => Number(offset))).to.deep.equal([1])
  })

  it('are kept once when the checkpoint that was to count them failed', async () => {
    const { folder, from } = await world(good, { amount: 1, at: 20 })
    const manifest = join(folder, 'checkpoints', 'manifests', '00000002.json')
    const begun = job('retail')
    const failing = begun
      .from(source('purchases', { schema, eventTime: 'at', badRecords: 'keep' }))
      .keyBy('customer')
      .apply('spend', {
        state: { total: value(t.float64(), 0) },
        onRecord() {
          writeFileSync(manifest, '{') // another run was first
        },
      })
    await rejects(runToEnd(failing, folder, { from }), 'conflict', 'lost-ownership')
    expect(readdirSync(join(folder, 'checkpoints', 'bad'))).to.have.lengthOf(1)
    rmSync(manifest)
    await runToEnd(retail('keep'), folder, { from })
    const rows = await duckdb(`SELECT "offset" FROM '${folder}/checkpoints/bad/*.parquet'`)
    expect(rows.map(({ offset }) => Number(offset))).to.deep.equal([1])
  })

  it('too far ahead of their log time are refused, and do not carry the watermark away', async () => {
    const { folder, from } = await world(good, { ...good, at: 1000 }, { ...good, at: 1001 })
    const ahead = { maxAheadMs: 1000 } // the log took all of them at 0
    const { savepoint, progress } = await runToEnd(retail('skip', ahead), folder, { from })
    expect(progress.bad).to.equal(1)
    expect(savepoint.manifest.sources[0]?.partitions[0]?.runningMax).to.equal(1000)
    await rejects(
      runToEnd(retail('stop', ahead), folder, { from, checkpoints: join(folder, 'other') }),
      'data',
      'time-too-far-ahead',
    )
  })

  it('user code before the key that throws stops the run by name, whatever the source says', async () => {
    const { folder, from } = await world(good)
    const failing = job('retail')
      .from(source('purchases', { schema, eventTime: 'at', badRecords: 'skip' }))
      .map(schema, () => {
        throw new TypeError('no map')
      })
      .keyBy('customer')
      .apply('spend', { state: { total: value(t.float64(), 0) }, onRecord: () => undefined })
    const error = await rejects(runToEnd(failing, folder, { from }), 'invalid', 'transform-failed')
    expect(error.message).to.contain('purchases partition 0 offset 0').and.to.contain('no map')
  })
})
