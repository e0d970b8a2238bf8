import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { create } from '../../src/repair/create.ts'
import { parquet } from '../../src/source/parquet.ts'
import { parquetOf } from '../cli/sample.ts'
import { entries, newest, runToEnd, worldLog } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { expectSound, ledger, options, schema } from './repairs.ts'

describe('create', () => {
  const folders = tempFolders()

  async function tables(folder: string, totals: string, amounts?: string) {
    await parquetOf(join(folder, 'totals.parquet'), totals)
    if (amounts !== undefined) await parquetOf(join(folder, 'amounts.parquet'), amounts)
    return {
      'spend/total': parquet(join(folder, 'totals.parquet')),
      ...(amounts !== undefined && { 'spend/amounts': parquet(join(folder, 'amounts.parquet')) }),
    }
  }

  it('makes a savepoint that a run goes on from', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await log.append(0, { customer: 'c1', amount: 100 }, { customer: 'c1', amount: 5 })
    const from = await tables(
      folder,
      `select 'c' || i as customer, i * 1.5::double as total, 'ignored' as other from range(1000) r(i) order by hash(i)`,
      `select 'c' || (i % 2) as customer, (9 - i)::double as amounts, (i // 2)::integer as index from range(10) r(i) order by i desc`,
    )
    const positions = { purchases: { 0: 1 } }
    const { savepoint, states } = await create(ledger, { ...options(folder, 'new'), from, positions })
    const made = await expectSound(savepoint)
    const totals = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`c${i}`, i * 1.5]))
    expect(await entries(made, 'spend', 'total')).to.deep.equal(totals)
    expect((await entries(made, 'spend', 'amounts'))['c1']).to.deep.equal([8, 6, 4, 2, 0])
    expect(states[1]).to.deep.include({ before: null, after: { keys: 2, entries: 10 } })
    await runToEnd(ledger, folder, { from: join(folder, 'new') })
    expect((await entries(await newest(folder), 'spend', 'total'))['c1']).to.equal(1.5 + 5)
  })

  it('without positions makes one that only says where its state is from', async () => {
    const folder = folders()
    const from = await tables(folder, `select 'a' as customer, 1::double as total`)
    const { savepoint } = await create(ledger, { ...options(folder, 'new'), from })
    expect((await expectSound(savepoint)).manifest.sources[0]).to.deep.include({
      cut: 'none',
      partitions: [],
    })
  })

  const wrong: readonly (readonly [string, string, string, 'data' | 'invalid', string])[] = [
    [
      'a key twice',
      `select 'a' as customer, i::double as total from range(2) r(i)`,
      'key a',
      'data',
      'duplicate-key',
    ],
    [
      'a null key',
      `select null::varchar as customer, 1::double as total`,
      `column 'customer'`,
      'data',
      'null-key',
    ],
    ['a null value', `select 'a' as customer, null::double as total`, `column 'total'`, 'data', 'null-value'],
    ['another column', `select 'a' as customer, 1::double as sum`, 'total', 'invalid', 'missing-column'],
    ['another type', `select 'a' as customer, 'x' as total`, 'total', 'invalid', 'column-type'],
  ]
  for (const [what, query, named, kind, code] of wrong) {
    it(`refuses ${what} by name, and leaves nothing`, async () => {
      const folder = folders()
      const from = await tables(folder, query)
      const error = await rejects(create(ledger, { ...options(folder, 'new'), from }), kind, code)
      expect(error.message).to.contain(named)
      expect(existsSync(join(folder, 'new'))).to.equal(false)
    })
  }

  it('refuses states and sources that the job does not have', async () => {
    const folder = folders()
    const from = await tables(folder, `select 'a' as customer, 1::double as total`)
    const other = { 'spend/other': from['spend/total'] }
    await rejects(create(ledger, { ...options(folder, 'new'), from: other }), 'invalid', 'unknown-state')
    const positions = { sales: { 0: 1 } }
    await rejects(create(ledger, { ...options(folder, 'new'), from, positions }), 'invalid', 'unknown-source')
  })
})
