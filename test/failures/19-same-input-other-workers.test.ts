/**
 * Failure 19: the same input built in another way gives another savepoint. Here the ways are those that a single-process
 * build can differ in: which files the rows are in, in which order these are read, the size of row groups and so of
 * batches. The state digest must be the same, with positions and without.
 */
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { bootstrap, parquet } from 'headwater'
import { duckdb } from '../duckdb.ts'
import { tempFolders } from '../temp-folder.ts'
import { ordersJob } from '../bootstrap/orders.ts'

const orders = `
  SELECT 'c' || (hash(i) % 50)::VARCHAR AS customer, (i % 97)::INT AS amount,
         make_timestamp_ms(1000000 + i * 10 + (hash(i + 7) % 400)::BIGINT)::TIMESTAMP_MS AS at,
         (i % 3)::INT AS _partition, (i // 3)::BIGINT AS _offset
  FROM range(3000) t(i)`

describe('failure 19: one input, several ways to read it, one state digest', () => {
  const newFolder = tempFolders()

  async function digestOf(
    folder: string,
    name: string,
    parts: readonly string[],
    columns: string,
  ): Promise<string> {
    for (const [i, part] of parts.entries()) {
      await duckdb(`COPY (SELECT ${columns} FROM (${orders}) ${part}) TO '${join(folder, `${name}-${i}.parquet`)}'
                    (FORMAT parquet, ROW_GROUP_SIZE ${part.includes('OFFSET') ? 2048 : 100000})`)
    }
    const savepoint = await bootstrap(ordersJob({ outOfOrdernessMs: 50 }), {
      history: { orders: parquet(join(folder, `${name}-*.parquet`)) },
      into: join(folder, name),
    })
    return savepoint.manifest.stateDigest as string
  }

  it('with positions: rows in any files, in any order', async () => {
    const folder = newFolder()
    const ways: readonly (readonly string[])[] = [
      ['ORDER BY _offset, _partition'],
      [
        'WHERE _partition = 2 ORDER BY _offset',
        'WHERE _partition = 0 ORDER BY _offset',
        'WHERE _partition = 1 ORDER BY _offset',
      ],
      ['ORDER BY hash(_offset * 3 + _partition)'],
      [
        'WHERE _offset % 2 = 1 ORDER BY _offset DESC',
        'WHERE _offset % 2 = 0 ORDER BY amount, _offset, _partition',
      ],
      ['ORDER BY _offset, _partition LIMIT 10', 'ORDER BY _offset, _partition OFFSET 10'],
    ]
    const digests = new Set<string>()
    for (const [i, parts] of ways.entries()) digests.add(await digestOf(folder, `way-${i}`, parts, '*'))
    expect([...digests]).to.have.length(1)
  })

  it('without positions: files cut anywhere, row groups of any size', async () => {
    const folder = newFolder()
    const columns = 'customer, amount, "at"'
    const whole = await digestOf(folder, 'whole', ['ORDER BY _offset, _partition'], columns)
    const cuts = fc.sample(fc.integer({ min: 1, max: 2999 }), { numRuns: 3, seed: 19 })
    for (const cut of cuts) {
      const parts = [
        `ORDER BY _offset, _partition LIMIT ${cut}`,
        `ORDER BY _offset, _partition OFFSET ${cut}`,
      ]
      expect(await digestOf(folder, `cut-${cut}`, parts, columns), `cut at ${cut}`).to.equal(whole)
    }
  })

  it('another state gives another digest', async () => {
    const folder = newFolder()
    const all = await digestOf(folder, 'all', ['ORDER BY _offset, _partition'], '*')
    const less = await digestOf(
      folder,
      'less',
      ['WHERE NOT (_partition = 1 AND _offset = 5) ORDER BY _offset, _partition'],
      '*',
    )
    expect(less).not.to.equal(all)
  })
})
