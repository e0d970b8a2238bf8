/** The look at a log's first records: what is wrong with them is known before anything runs. */
import { join } from 'node:path'
import { expect } from 'chai'
import type { HandoffPlan } from '../../src/handoff/handoff.ts'
import { sampleLogs, withSamples, type LogSample } from '../../src/handoff/log-sample.ts'
import { planHandoff } from '../../src/handoff/plan.ts'
import { planTable } from '../../src/handoff/plan-table.ts'
import { graphOf } from '../../src/job/brand.ts'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import type { BadRecords } from '../../src/source/source.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { value } from '../../src/state/state.ts'
import { bootstrapFrom, worldLog, type Value } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'

const schema = {
  customer: t.string(),
  amount: t.int32(),
  at: t.timestamp('ms'),
  note: t.optional(t.string()),
}

const jobWith = (badRecords: BadRecords) =>
  job('totals')
    .from(source('s', { schema, eventTime: 'at', badRecords }))
    .keyBy('customer')
    .apply('sum', { state: { n: value(t.int32(), 0) }, onRecord: () => undefined })

const good = { customer: 'ann', amount: 1, at: 0, note: 'x' }

describe('log sample', () => {
  const folders = tempFolders()

  /** One good record in history; then those, in partition 0. */
  async function planned(
    records: readonly unknown[],
    { badRecords = 'stop', sample = 100 }: { badRecords?: BadRecords; sample?: number } = {},
  ): Promise<{ samples: readonly LogSample[]; plan: HandoffPlan }> {
    const folder = folders()
    const of = jobWith(badRecords)
    const world = await worldLog(folder, 's', schema, 2)
    await world.append(0, good)
    await world.archive(1, 0)
    const { manifest } = await bootstrapFrom(of, folder)
    if (records.length > 0) await world.append(0, ...(records as Value[]))
    const log = fileLog(join(folder, 'log-s'))
    const graph = graphOf(of)
    const plan = planHandoff({ graph, manifest, logs: new Map([['s', await log.describe()]]) })
    const samples = await sampleLogs(graph, plan, new Map([['s', log]]), sample)
    await log.close()
    return { samples, plan: withSamples(plan, graph, samples) }
  }

  it('finds nothing wrong with records of the schema, nor in an empty rest', async () => {
    const { samples, plan } = await planned([good, { ...good, more: 1 }])
    expect(samples).to.deep.equal([{ source: 's', sampled: 2, mismatches: [], absent: [] }])
    expect(plan.ok).to.equal(true)
    expect((await planned([])).samples).to.deep.equal([
      { source: 's', sampled: 0, mismatches: [], absent: [] },
    ])
  })

  it('names the field, what was expected and what was found', async () => {
    const { samples, plan } = await planned([
      good,
      { ...good, amount: '7' },
      { customer: 'bob', total: 3, at: 0 },
      { ...good, amount: 2 ** 40 },
      { ...good, at: 'yesterday' },
    ])
    const { mismatches } = samples[0]!
    expect(
      mismatches.map(({ field, expected, offset, records, sampled }) => [
        field,
        expected,
        offset,
        records,
        sampled,
      ]),
    ).to.deep.equal([
      ['amount', 'int32', 2, 3, 5],
      ['at', 'timestamp(ms)', 5, 1, 5],
    ])
    expect(plan.ok).to.equal(false)
    expect(plan.refusals.map(({ code, thing }) => [code, thing])).to.deep.equal([
      ['schema-mismatch', "source s partition 0: field 'amount'"],
      ['schema-mismatch', "source s partition 0: field 'at'"],
    ])
    expect(plan.refusals[0]?.found).to.contain('string 7').and.to.contain('at offset 2, in 3 of 5 records')
  })

  it('says of a field that is gone that there is no such field', async () => {
    const { plan } = await planned([{ customer: 'bob', at: 0 }])
    expect(plan.refusals[0]?.found).to.equal('no such field at offset 1, in 1 of 1 records')
  })

  it('names values that are no records', async () => {
    const { samples } = await planned([null, 'text', [1]])
    expect(samples[0]?.mismatches).to.deep.equal([
      {
        partition: 0,
        field: null,
        expected: 'an object',
        found: 'null, a tombstone',
        offset: 1,
        records: 3,
        sampled: 3,
      },
    ])
  })

  it('tells where bad records are left out, and refuses nothing', async () => {
    const { plan } = await planned([{ ...good, amount: null }], { badRecords: 'skip' })
    expect(plan.ok).to.equal(true)
    expect(planTable(plan).join('\n')).to.contain('partition 0: 1 bad: amount: expected int32, found null')
  })

  it('tells of an optional field that no record has', async () => {
    const { samples, plan } = await planned([{ customer: 'ann', amount: 1, at: 0, remark: 'x' }])
    expect(samples[0]?.absent).to.deep.equal(['note'])
    expect(planTable(plan).join('\n')).to.contain("no record has the optional field 'note'")
  })

  it('looks at so many records and no more', async () => {
    const { samples } = await planned([good, good, good, { ...good, amount: 'x' }], { sample: 3 })
    expect(samples[0]).to.include({ sampled: 3 })
    expect(samples[0]?.mismatches).to.deep.equal([])
  })
})
