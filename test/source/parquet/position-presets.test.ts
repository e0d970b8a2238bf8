/** Positions as the archives of other tools carry them; the files are DuckDB's, with the columns and names that these tools document. */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import { positionsFromText, positionsText } from '../../../src/source/position-presets.ts'
import type { ParquetOptions } from '../../../src/source/parquet.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { batchesOf, planOf } from './reading.ts'

const schema = { n: t.int32() }

describe('positions of other tools', () => {
  const tempFolder = tempFolders()

  async function filesWith(selects: Readonly<Record<string, string>>): Promise<string> {
    const cwd = tempFolder()
    for (const [name, select] of Object.entries(selects)) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true })
      await duckdb(`COPY (${select}) TO '${join(cwd, name)}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`)
    }
    return cwd
  }

  /** [n, partition, offset, log time] of each row. */
  async function rowsIn(cwd: string, options: ParquetOptions = {}): Promise<readonly (readonly unknown[])[]> {
    const plan = await planOf('**/*.parquet', schema, { cwd, ...options })
    return (await batchesOf(plan)).flatMap(({ partitions, offsets, logTimes, batch }) =>
      Array.from({ length: batch.length }, (_, i) => [
        (batch.columns.get('n')!.values as Int32Array)[i],
        partitions?.[i],
        offsets?.[i],
        logTimes?.[i],
      ]),
    )
  }

  const refusal = async (cwd: string, code: string): Promise<string> =>
    (await rejects(planOf('**/*.parquet', schema, { cwd, position: 'kafka-connect' }), 'invalid', code))
      .message

  it('of Iceberg’s sink are found without being named, with times in milliseconds', async () => {
    const cwd = await filesWith({
      'a.parquet': `SELECT 5::INTEGER AS n, 2::INTEGER AS _kafka_metadata_partition, 41::BIGINT AS _kafka_metadata_offset,
        1700000000123::BIGINT AS _kafka_metadata_timestamp, 'orders' AS _kafka_metadata_topic`,
    })
    expect(await rowsIn(cwd)).to.deep.equal([[5, 2, 41, 1_700_000_000_123]])
    const plan = await planOf('*.parquet', schema, { cwd })
    expect(plan).to.include({ positioned: true, positionsFrom: 'iceberg' })
  })

  it('of Iceberg’s sink are whole numbers of 64 bits where the records had no schema, and times may be missing', async () => {
    const cwd = await filesWith({
      'data/00001-1-a.parquet': `SELECT * FROM (VALUES (5::INTEGER, 2::BIGINT, 41::BIGINT, 1700000000123::BIGINT, 'orders'), (6, 2, 42, NULL, 'orders'))
        t(n, _kafka_metadata_partition, _kafka_metadata_offset, _kafka_metadata_timestamp, _kafka_metadata_topic)`,
    })
    expect(await rowsIn(cwd)).to.deep.equal([
      [5, 2, 41, 1_700_000_000_123],
      [6, 2, 42, NaN],
    ])
  })

  it('are refused where the rows are of two topics, in one file or in two', async () => {
    const iceberg = (topic: string): string =>
      `SELECT 5::INTEGER AS n, 0::INTEGER AS _kafka_metadata_partition, 1::BIGINT AS _kafka_metadata_offset, '${topic}' AS _kafka_metadata_topic`
    const flink = `SELECT range::INTEGER AS n, 0 AS partition, 7 AS "offset", 'orders' || (range // 3) AS topic FROM range(4)`
    const places: readonly [string, ParquetOptions][] = [
      [await filesWith({ 'a.parquet': iceberg('orders0'), 'b.parquet': iceberg('orders1') }), {}],
      [await filesWith({ 'a.parquet': flink }), { position: 'flink' }],
    ]
    for (const [cwd, options] of places) {
      const { message } = await rejects(rowsIn(cwd, options), 'data', 'several-topics')
      expect(message).to.contain('topic orders0').and.to.contain('topic orders1')
    }
    const [, [cwd]] = places as [unknown, [string, unknown]]
    const position = positionsFromText('partition=partition,offset=offset') as {
      partition: string
      offset: string
    }
    expect(await rowsIn(cwd, { position })).to.have.length(4)
  })

  it('of Flink are taken where they are named, since anybody may have such columns', async () => {
    const select = `SELECT 5::INTEGER AS n, 2::INTEGER AS partition, 41::BIGINT AS "offset", epoch_ms(1500) AS timestamp`
    const cwd = await filesWith({ 'a.parquet': select })
    expect((await planOf('*.parquet', schema, { cwd })).positioned).to.equal(false)
    expect(await rowsIn(cwd, { position: 'flink' })).to.deep.equal([[5, 2, 41, 1500]])
    const without = await filesWith({ 'a.parquet': 'SELECT 5::INTEGER AS n, 2 AS partition, 41 AS "offset"' })
    expect(await rowsIn(without, { position: 'flink' })).to.deep.equal([[5, 2, 41, undefined]])
  })

  it('of Kafka Connect’s HDFS sink stand in the names of the files, over all row groups', async () => {
    const cwd = await filesWith({
      'orders/partition=0/orders+0+0000000007+0000005006.parquet':
        'SELECT range::INTEGER AS n FROM range(5000)',
      'orders/partition=1/orders+1+0000000000+0000000001.snappy.parquet':
        'SELECT range::INTEGER AS n FROM range(2)',
    })
    const rows = await rowsIn(cwd, { position: 'kafka-connect' })
    expect(rows.slice(0, 5000)).to.deep.equal(
      Array.from({ length: 5000 }, (_, i) => [i, 0, i + 7, undefined]),
    )
    expect(rows.slice(5000)).to.deep.equal([
      [0, 1, 0, undefined],
      [1, 1, 1, undefined],
    ])
    expect((await planOf('**/*.parquet', schema, { cwd })).positioned).to.equal(false)
  })

  it('are refused where a file has not a row for each offset of its name', async () => {
    const cwd = await filesWith({ 'orders+0+0+3.parquet': 'SELECT range::INTEGER AS n FROM range(3)' })
    expect(await refusal(cwd, 'offsets-not-contiguous'))
      .to.contain('orders+0+0+3.parquet')
      .and.to.contain('4 rows')
      .and.to.contain('InsertField')
  })

  it('of Kafka Connect’s S3 sink are those of files that the next one proves; the last is left to the log', async () => {
    const cwd = await filesWith({
      'topics/orders/partition=0/orders+0+0000000000.snappy.parquet':
        'SELECT range::INTEGER AS n FROM range(3)',
      'topics/orders/partition=0/orders+0+0000000003.snappy.parquet': 'SELECT 10::INTEGER AS n',
      'topics/orders/partition=0/orders+0+0000000004.snappy.parquet': 'SELECT 11::INTEGER AS n',
      'topics/orders/partition=1/orders+1+0000000000.snappy.parquet': 'SELECT 12::INTEGER AS n',
    })
    expect(await rowsIn(cwd, { position: 'kafka-connect' })).to.deep.equal([
      [0, 0, 0, undefined],
      [1, 0, 1, undefined],
      [2, 0, 2, undefined],
      [10, 0, 3, undefined],
    ])
    const hole = await filesWith({
      'orders+0+0.parquet': 'SELECT range::INTEGER AS n FROM range(3)',
      'orders+0+5.parquet': 'SELECT 1::INTEGER AS n',
    })
    expect(await refusal(hole, 'offsets-not-contiguous')).to.contain('orders+0+0.parquet')
    const alone = await filesWith({ 'orders+0+0.parquet': 'SELECT 1::INTEGER AS n' })
    expect(await refusal(alone, 'no-proved-file')).to.contain('orders+0+0.parquet')
  })

  it('are refused for other names, and for files of two topics', async () => {
    const cwd = await filesWith({ 'part-0.parquet': 'SELECT 1::INTEGER AS n' })
    expect(await refusal(cwd, 'no-offset-in-name')).to.contain('part-0.parquet')
    const two = await filesWith({
      'a+0+0+0.parquet': 'SELECT 1::INTEGER AS n',
      'b+0+1+1.parquet': 'SELECT 1::INTEGER AS n',
    })
    expect(await refusal(two, 'several-topics')).to.contain('topic b')
  })

  it('have a text each, and the text means them', async () => {
    for (const text of [
      'headwater',
      'iceberg',
      'flink',
      'kafka-connect',
      'partition=p,offset=o',
      'partition=p,offset=o,time=t',
      'partition=p,offset=o,time=t,topic=c',
    ])
      expect(positionsText(positionsFromText(text))).to.equal(text)
    for (const text of ['', 'kafka', 'partition=p', 'partition=p,offset=', 'partition=p,offset=o,key=k']) {
      const wrong = async (): Promise<unknown> => positionsFromText(text)
      await rejects(wrong(), 'invalid', 'bad-positions-from')
    }
  })
})
