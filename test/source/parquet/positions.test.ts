import { join } from 'node:path'
import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { batchesOf, planOf } from './reading.ts'
import type { ParquetOptions } from '../../../src/source/parquet.ts'

describe('positions of a history', () => {
  const tempFolder = tempFolders()
  const schema = { n: t.int32() }

  async function filesWith(selects: Record<string, string>): Promise<string> {
    const cwd = tempFolder()
    for (const [name, select] of Object.entries(selects)) {
      await duckdb(`COPY (${select}) TO '${join(cwd, name)}' (FORMAT parquet)`)
    }
    return cwd
  }

  async function positionsIn(cwd: string, options: ParquetOptions = {}): Promise<unknown> {
    const plan = await planOf('*.parquet', schema, { cwd, ...options })
    const batches = await batchesOf(plan)
    return {
      positioned: plan.positioned,
      rows: batches.flatMap(({ partitions, offsets, logTimes, batch }) =>
        Array.from({ length: batch.length }, (_, i) => [partitions?.[i], offsets?.[i], logTimes?.[i]]),
      ),
    }
  }

  const archive = `SELECT range::INTEGER AS n, 3 AS _partition, range + 9007199254740989 AS _offset,
    CASE WHEN range = 0 THEN epoch_ms(1500) + INTERVAL 250 MICROSECOND END AS _time FROM range(2)`

  it('are those of our own archives, when all files have them', async () => {
    const cwd = await filesWith({ 'a.parquet': archive })
    expect(await positionsIn(cwd)).to.deep.equal({
      positioned: true,
      rows: [
        [3, 9007199254740989, 1500.25],
        [3, 9007199254740990, NaN],
      ],
    })
    expect(await positionsIn(cwd, { position: false })).to.deep.equal({
      positioned: false,
      rows: [
        [undefined, undefined, undefined],
        [undefined, undefined, undefined],
      ],
    })
  })

  it('are refused where only some files have them, naming one that lacks them', async () => {
    const cwd = await filesWith({ 'a.parquet': archive, 'b.parquet': 'SELECT 1 AS n, 2 AS _partition' })
    const error = await rejects(planOf('*.parquet', schema, { cwd }), 'invalid', 'mixed-positions')
    expect(error.thing).to.equal('b.parquet')
    expect(error.message).to.contain('1 of the 2 files')
    expect((await planOf('*.parquet', schema, { cwd, position: false })).positioned).to.equal(false)
  })

  it('may stand in other columns, or in folders', async () => {
    const cwd = await filesWith({
      'a.parquet': "SELECT 1 AS n, 7::UTINYINT AS p, 8::UBIGINT AS o, DATE '1970-01-01' AS d",
    })
    const rows = async (position: ParquetOptions['position']): Promise<unknown> =>
      positionsIn(cwd, { ...(position !== undefined && { position }) })
    expect(await rows({ partition: 'p', offset: 'o' })).to.deep.equal({
      positioned: true,
      rows: [[7, 8, undefined]],
    })
    await rejects(rows({ partition: 'p', offset: 'q' }), 'invalid', 'missing-column')
    await rejects(rows({ partition: 'p', offset: 'd' }), 'invalid', 'column-type')
    await rejects(rows({ partition: 'p', offset: 'o', time: 'x' }), 'invalid', 'missing-column')
    await rejects(rows({ partition: 'p', offset: 'o', time: 'd' }), 'invalid', 'column-type')
    await duckdb(`COPY (SELECT 1 AS n, 5 AS p, 6 AS o) TO '${cwd}/h' (FORMAT parquet, PARTITION_BY (p))`)
    const [batch] = await batchesOf(
      await planOf('h', schema, { cwd, position: { partition: 'p', offset: 'o' } }),
    )
    expect([batch?.partitions?.[0], batch?.offsets?.[0]]).to.deep.equal([5, 6])
  })

  it('are never absent or below zero', async () => {
    const bad = {
      "row 1: column 'position.partition'":
        '0 AS n, CASE WHEN range = 0 THEN 1 END AS _partition, range AS _offset',
      "row 0: column 'position.partition'": '0 AS n, -1 AS _partition, range AS _offset',
      "row 1: column 'position.offset'": '0 AS n, 1 AS _partition, -range AS _offset',
      "row 0: column 'position.offset'": '0 AS n, 1 AS _partition, NULL::BIGINT AS _offset',
    }
    for (const [place, select] of Object.entries(bad)) {
      const cwd = await filesWith({ 'a.parquet': `SELECT ${select} FROM range(2)` })
      const error = await rejects(positionsIn(cwd), 'data', 'bad-position')
      expect(error.thing).to.equal(`a.parquet row group 0 ${place}`)
    }
  })
})
