// Bad input of every kind: one line with kind, code, place and remedy, exit code 1, and nothing half-written.
import { expect } from 'chai'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolders } from '../temp-folder.ts'
import { headwater } from './headwater.ts'
import { refuses } from './refusal.ts'
import { file, parquetOf, purchaseQuery, retailJob, treeOf } from './sample.ts'

describe('command line: bad job files', () => {
  const folder = tempFolders()
  const bootstrap = (job: string): string[] => [
    'bootstrap',
    job,
    '--history',
    'x.parquet',
    '--into',
    'savepoint',
  ]

  it('no such file', async () => {
    await refuses(
      bootstrap('nowhere.ts'),
      { error: 'invalid no-such-file', place: 'nowhere.ts' },
      { cwd: folder() },
    )
  })

  it('a file without a job', async () => {
    const cwd = folder()
    file(cwd, 'empty.ts', 'export const answer = 42\n')
    await refuses(bootstrap('empty.ts'), { error: 'invalid no-job', place: 'empty.ts' }, { cwd })
  })

  it('a duplicate uid', async () => {
    const cwd = folder()
    const twice = readFileSync(retailJob, 'utf8').replace(
      `.to('totals')`,
      `.to('totals').apply('spend-per-customer', { state: {}, onRecord() {} })`,
    )
    file(cwd, 'twice.ts', twice)
    await refuses(
      bootstrap('twice.ts'),
      { error: 'invalid duplicate-uid', place: 'spend-per-customer' },
      { cwd },
    )
  })

  it('a syntax error, with its line', async () => {
    const cwd = folder()
    file(cwd, 'broken.ts', 'export const a = 1\nexport const b = = 2\n')
    await refuses(bootstrap('broken.ts'), { error: 'invalid job-syntax', place: /broken\.ts:2/ }, { cwd })
  })
})

describe('command line: bad history', () => {
  const folder = tempFolders()

  /** A bootstrap that must fail and leave the folder as it was. */
  async function fails(cwd: string, pattern: string, error: string, place: string | RegExp): Promise<void> {
    const before = treeOf(cwd)
    await refuses(
      ['bootstrap', retailJob, '--history', pattern, '--into', 'savepoints/one'],
      { error, place },
      { cwd },
    )
    const after = treeOf(cwd).filter(path => path !== 'savepoints')
    expect(after).to.deep.equal(before)
  }

  it('an empty glob', async () => {
    await fails(folder(), 'history/*.parquet', 'invalid empty-glob', 'history/*.parquet')
  })

  it('not Parquet', async () => {
    const cwd = folder()
    file(cwd, 'text.parquet', 'customer,quantity\nann,1\n'.repeat(20))
    await fails(cwd, 'text.parquet', 'data not-parquet', 'text.parquet')
  })

  it('truncated Parquet', async () => {
    const cwd = folder()
    await parquetOf(join(cwd, 'cut.parquet'), purchaseQuery())
    truncateSync(join(cwd, 'cut.parquet'), 300)
    await fails(cwd, 'cut.parquet', 'data truncated-file', 'cut.parquet')
  })

  it('a footer that is whole over pages that are not', async () => {
    const cwd = folder()
    const path = join(cwd, 'damaged.parquet')
    await parquetOf(
      path,
      `select repeat('ann', 99) || i as customer, i::integer as quantity, 1.5::double as price,
      timestamp '2024-01-01' as at from range(5000) r(i)`,
    )
    const bytes = readFileSync(path)
    bytes.fill(0xff, 4, 4000)
    writeFileSync(path, bytes)
    await fails(cwd, 'damaged.parquet', 'data corrupt-file', 'damaged.parquet')
  })

  it('a missing column', async () => {
    const cwd = folder()
    await parquetOf(join(cwd, 'a.parquet'), purchaseQuery({ price: null }))
    await fails(cwd, 'a.parquet', 'invalid missing-column', /price.*a\.parquet|a\.parquet.*price/)
  })

  it('a column of another type, in the second file', async () => {
    const cwd = folder()
    await parquetOf(join(cwd, 'a.parquet'), purchaseQuery())
    await parquetOf(join(cwd, 'b.parquet'), purchaseQuery({ quantity: `'many'` }))
    await fails(cwd, '*.parquet', 'invalid column-type', /b\.parquet.*quantity|quantity.*b\.parquet/)
  })

  it('a null key, with file and row', async () => {
    const cwd = folder()
    const rows = `${purchaseQuery()} union all ${purchaseQuery({ customer: 'null' })}`
    await parquetOf(join(cwd, 'a.parquet'), rows)
    await fails(
      cwd,
      'a.parquet',
      'data null-value',
      /a\.parquet.*row.*1.*customer|customer.*a\.parquet.*row.*1/,
    )
  })

  it('a null time, with file and row', async () => {
    const cwd = folder()
    const rows = `${purchaseQuery()} union all ${purchaseQuery({ at: 'null' })}`
    await parquetOf(join(cwd, 'a.parquet'), rows)
    await fails(cwd, 'a.parquet', 'data null-time', /a\.parquet/)
  })

  it('an operator that throws, with operator, key and row', async () => {
    const cwd = folder()
    const throwing = readFileSync(retailJob, 'utf8').replace(
      'total.set(',
      `if (out.key === 'eve') throw new Error('no eve'); total.set(`,
    )
    file(cwd, 'throwing.ts', throwing)
    await parquetOf(join(cwd, 'a.parquet'), purchaseQuery({ customer: `'eve'` }))
    const before = treeOf(cwd)
    await refuses(
      ['bootstrap', 'throwing.ts', '--history', 'a.parquet', '--into', 'savepoint'],
      { error: 'invalid operator-failed', place: /spend-per-customer.*eve.*a\.parquet.*no eve/ },
      { cwd },
    )
    expect(treeOf(cwd)).to.deep.equal(before)
  })

  it('says the same in one line for people', async () => {
    const cwd = folder()
    const { code, stdout, stderr } = await headwater(
      ['bootstrap', retailJob, '--history', '*.parquet', '--into', 'sp'],
      { cwd },
    )
    const lines = stderr.trimEnd().split('\n')
    expect(lines.at(-1)).to.match(/^invalid empty-glob: \S.*\*\.parquet.*; \S.*$/)
    expect(lines.filter(line => !line.startsWith('plan'))).to.have.length(1)
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
  })
})
