import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import type { Footer } from '../../../src/source/parquet/footer.ts'
import type { FilePlan } from '../../../src/source/parquet/file-plan.ts'
import { projection } from '../../../src/source/parquet/projection.ts'
import { slicesOf } from '../../../src/source/parquet/slices.ts'
import { duckdb } from '../../duckdb.ts'
import { tempFolders } from '../../temp-folder.ts'
import { batchesOf, planOf } from './reading.ts'

/** A plan of a file with one text column in row groups of those rows and bytes. */
function planWith(groups: readonly { rows: number; uncompressedBytes: number }[]): FilePlan {
  const column = { name: 's', type: { kind: 'string' }, leaf: 0, leaves: [0, 1] } as const
  const footer: Footer = {
    columns: [column, { name: 'unused', type: { kind: 'string' }, leaf: 1, leaves: [1, 2] }],
    leafPaths: ['s', 'unused'],
    rowGroups: groups.map(({ rows, uncompressedBytes }) => ({
      rows,
      chunks: [
        { start: 4, end: 5, uncompressedBytes, statistics: null },
        { start: 5, end: 6, uncompressedBytes: 2 ** 40, statistics: null },
      ],
    })),
    rows: 0,
    metadata: new Map(),
  }
  const pinned = { path: 'a', bytes: 6, modifiedMs: 0, footerHash: '', rows: 0, coverage: null }
  const mark = { bytes: 6, modifiedMs: 0, footerHash: '', footerStart: 6 }
  const field = { name: 's', type: t.string().spec }
  return {
    index: 0,
    file: { pinned, absolutePath: '/a', mark, footer },
    columns: [{ field, source: { kind: 'file', column } }],
    positions: null,
    raw: null,
    reportMisfits: false,
  }
}

describe('slices of a file', () => {
  const tempFolder = tempFolders()

  it('are its row groups where these are small', () => {
    const plan = planWith([
      { rows: 122_880, uncompressedBytes: 2_000_000 },
      { rows: 0, uncompressedBytes: 0 },
      { rows: 7, uncompressedBytes: 100 },
    ])
    expect(slicesOf(plan)).to.deep.equal([
      { rowGroup: 0, firstRow: 0, rows: 122_880, bytes: 2_000_000 },
      { rowGroup: 2, firstRow: 0, rows: 7, bytes: 100 },
    ])
  })

  it('bound the rows of a large row group, and leave no small rest', () => {
    const plan = planWith([{ rows: 6_000_000, uncompressedBytes: 60_000_000 }])
    expect(slicesOf(plan).map(({ firstRow, rows }) => [firstRow, rows])).to.deep.equal([
      [0, 2_097_152],
      [2_097_152, 2_097_152],
      [4_194_304, 1_805_696],
    ])
  })

  it('bound the bytes of a row group with long rows', () => {
    const rows = 1_000_000
    const slices = slicesOf(planWith([{ rows, uncompressedBytes: rows * 1000 }]))
    expect(Math.max(...slices.map(slice => slice.bytes))).to.be.lessThan(100 * 2 ** 20)
    expect(slices.reduce((sum, slice) => sum + slice.rows, 0)).to.equal(rows)
    expect(slices.slice(1).map(slice => slice.firstRow)).to.deep.equal(
      slices.slice(0, -1).map(slice => slice.firstRow + slice.rows),
    )
  })

  it('give the rows of a row group once each and in order', async () => {
    const cwd = tempFolder()
    const rows = 4_000_000
    await duckdb(
      `COPY (SELECT range::INTEGER AS n FROM range(${rows})) TO '${cwd}/a.parquet' (FORMAT parquet, ROW_GROUP_SIZE ${rows})`,
    )
    const batches = await batchesOf(await planOf('a.parquet', { n: t.int32() }, { cwd }))
    let next = 0
    for (const { rowGroup, firstRow, batch } of batches) {
      expect([rowGroup, firstRow]).to.deep.equal([0, next])
      for (const value of batch.columns.get('n')!.values)
        if (value !== next++) expect.fail(`${value} at ${next - 1}`)
    }
    expect(next).to.equal(rows)
    expect(batches.length).to.be.greaterThan(30)
  })
})

describe('the projection', () => {
  it('is the wanted names, or all columns where a longer name would trap the decoder', () => {
    expect(projection(['a'], ['a', 'ab', 'a.b'])).to.deep.equal(['a'])
    expect(projection(['é'], ['é', 'b'])).to.deep.equal(['é'])
    expect(projection(['é'], ['é', 'éa'])).to.equal(null)
    expect(projection(['a', 'éé'], ['a', 'éé', 'éé.list.element'])).to.deep.equal(['a', 'éé'])
  })
})
