import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { tableFromIPC } from 'apache-arrow'
import { exportState } from '../../src/savepoint/export.ts'
import { scan } from '../../src/savepoint/scan-records.ts'
import { duckdb } from '../duckdb.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'

const golden = fileURLToPath(new URL('../../fixtures/savepoints/v1/flat', import.meta.url))

describe('exportState', () => {
  const folderOf = tempFolders()

  it('writes Parquet, CSV and NDJSON that DuckDB reads as the same rows, and Arrow', async () => {
    const folder = folderOf()
    const [uid, state] = ['keys 0', 'total']
    for (const format of ['parquet', 'csv', 'ndjson', 'arrow'])
      expect((await exportState(golden, uid, state, { to: `${folder}/x.${format}` })).rows).to.equal(3)
    const rows = [
      { 'field 0': '', total: 0 },
      { 'field 0': 'Zoë', total: 1 },
      { 'field 0': 'zoe', total: 2 },
    ]
    const query = (from: string): string =>
      `select "field 0", total::int as total from ${from} order by total`
    expect(await duckdb(query(`'${folder}/x.parquet'`))).to.deep.equal(rows)
    expect(await duckdb(query(`read_csv('${folder}/x.csv', allow_quoted_nulls = false)`))).to.deep.equal(rows)
    expect(
      await duckdb(query(`read_json('${folder}/x.ndjson', format = 'newline_delimited')`)),
    ).to.deep.equal(rows)
    const arrow = tableFromIPC(readFileSync(`${folder}/x.arrow`))
    expect(arrow.schema.names).to.deep.equal(['key_group', 'field 0', 'total'])
    expect(arrow.numRows).to.equal(3)
  })

  it('exports layers folded, lists with their index, the rows of a condition', async () => {
    const folder = folderOf()
    const { rows } = await exportState(golden, 'lists', 'list 0', {
      to: `${folder}/l.csv`,
      where: 'store > 0',
    })
    expect(
      readFileSync(`${folder}/l.csv`, 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map(line => line.split(',').slice(1).join()),
    ).to.have.members(['1,0,true', '1,1,false', '1,2,true', '2,0,false', '2,1,true'])
    expect(rows).to.equal(5)
    const records = []
    for await (const record of scan(golden, 'lists', 'list 0', {
      columns: ['index', 'list 0'],
      where: 'store = 2',
    }))
      records.push(record)
    expect(records).to.deep.equal([
      { index: 0, 'list 0': false },
      { index: 1, 'list 0': true },
    ])
  })

  it('tells nothing from an empty text in CSV', async () => {
    const folder = folderOf()
    await exportState(golden, 'values', 'value 16', { to: `${folder}/o.csv` })
    const lines = readFileSync(`${folder}/o.csv`, 'utf8').split('\n')
    expect(
      lines
        .filter(line => line.includes('anna') || line.includes('bert'))
        .map(line => line.replace(/^\d+,/, '')),
    ).to.have.members(['anna,', 'bert,""'])
  })

  it('takes no file that is there, unless it is told to, and leaves nothing when it fails', async () => {
    const folder = folderOf()
    const to = `${folder}/x.csv`
    writeFileSync(to, 'mine')
    await rejects(exportState(golden, 'keys 0', 'total', { to }), 'conflict', 'file-exists')
    expect(readFileSync(to, 'utf8')).to.equal('mine')
    await exportState(golden, 'keys 0', 'total', { to, overwrite: true })
    expect(readFileSync(to, 'utf8')).to.match(/^key_group,field 0,total\n/)
    await rejects(
      exportState(golden, 'keys 0', 'total', { to: `${folder}/x.xlsx` }),
      'invalid',
      'unknown-format',
    )
    await rejects(
      exportState(golden, 'keys 0', 'total', { to: `${folder}/y.csv`, where: 'x = 1' }),
      'invalid',
      'bad-where',
    )
    expect(existsSync(`${folder}/y.csv`)).to.equal(false)
    expect(readdirSync(folder)).to.deep.equal(['x.csv'])
  })
})
