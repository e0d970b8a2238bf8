import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { valueReader } from '../../../src/codec/column-reader.ts'
import { fieldsOf } from '../../../src/record/record.ts'
import { t } from '../../../src/record/type.ts'
import { archive } from '../../../src/source/archive/archive.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { trimLog } from '../../../src/source/file-log/trim.ts'
import { parquet } from '../../../src/source/parquet.ts'
import { startChild } from '../../child.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { at, numbers } from '../log-contract.ts'
import { archivePlaces, counted, fileName } from './archive-place.ts'

describe('archive', () => {
  const newPlace = archivePlaces()

  it('gives another engine the values, their types and their places', async () => {
    const place = await newPlace({ partitions: 2 })
    const values = [
      { name: 'ann ü😀', n: 1, rate: 1, ok: true, tags: ['a', { b: 1 }], mixed: 'x' },
      { name: null, n: -(2 ** 52), rate: -0, ok: false, mixed: 7 },
      { n: 2 ** 53 - 1, rate: 1.5e300, late: 'only here' },
    ]
    await place.append(
      1,
      values.map((value, i) => ({ value, key: i === 2 ? null : `k${i}`, time: 1_700_000_000_000 + i })),
    )
    await place.append(0, [{ value: { n: 5 }, key: [1, 'x'], time: null }])
    const report = await place.run()
    expect(report.rows).to.equal(4)
    expect([...report.next]).to.deep.equal([
      [0, 1],
      [1, 3],
    ])
    const types = await duckdb(`DESCRIBE SELECT * FROM read_parquet('${place.to}/*.parquet')`)
    expect(
      Object.fromEntries(types.map(column => [column['column_name'], column['column_type']])),
    ).to.deep.equal({
      n: 'BIGINT',
      name: 'VARCHAR',
      rate: 'DOUBLE',
      ok: 'BOOLEAN',
      tags: 'VARCHAR',
      mixed: 'VARCHAR',
      late: 'VARCHAR',
      _partition: 'INTEGER',
      _offset: 'BIGINT',
      _time: 'TIMESTAMP WITH TIME ZONE',
      _key: 'VARCHAR',
    })
    const rows = await place.query('* REPLACE (epoch_ms(_time) AS _time), signbit(rate) AS negative')
    const nothing = { name: null, rate: null, ok: null, tags: null, mixed: null, late: null, negative: null }
    expect(rows).to.deep.equal([
      { ...nothing, n: '5', _partition: 0, _offset: '0', _time: null, _key: '[1,"x"]' },
      {
        name: 'ann ü😀',
        n: '1',
        rate: 1,
        ok: true,
        tags: '["a",{"b":1}]',
        mixed: '"x"',
        late: null,
        negative: false,
        _partition: 1,
        _offset: '0',
        _time: '1700000000000',
        _key: 'k0',
      },
      {
        ...nothing,
        n: String(-(2 ** 52)),
        rate: rows[2]?.['rate'],
        ok: false,
        mixed: '7',
        negative: true,
        _partition: 1,
        _offset: '1',
        _time: '1700000000001',
        _key: 'k1',
      },
      {
        ...nothing,
        n: String(2 ** 53 - 1),
        rate: 1.5e300,
        late: 'only here',
        negative: false,
        _partition: 1,
        _offset: '2',
        _time: '1700000000002',
        _key: null,
      },
    ])
    expect(rows[2]?.['rate']).to.equal(0)
  })

  it('says what each file covers, of an empty partition too', async () => {
    const place = await newPlace({ partitions: 2 })
    await place.append(0, counted(0, 250))
    const { files, logId } = await place.run({ rowsPerFile: 100 })
    const names = [fileName(0, 0, 100), fileName(0, 100, 200), fileName(0, 200, 250), fileName(1, 0, 0)]
    expect(place.files()).to.deep.equal(names)
    expect(files.map(file => basename(file.path))).to.deep.equal(names)
    expect(files.map(file => file.rows)).to.deep.equal([100, 100, 50, 0])
    const metadata = await duckdb(
      `SELECT decode(value) AS value FROM parquet_kv_metadata('${place.to}/*.parquet')
       WHERE decode(key) = 'headwater.coverage' ORDER BY file_name`,
    )
    expect(metadata.map(row => JSON.parse(row['value'] as string) as unknown)).to.deep.equal([
      { logId, partition: 0, first: 0, next: 100, start: 0 },
      { logId, partition: 0, first: 100, next: 200, start: 0 },
      { logId, partition: 0, first: 200, next: 250, start: 0 },
      { logId, partition: 1, first: 0, next: 0, start: 0 },
    ])
    expect((await fileLog(place.dir).describe()).id).to.equal(logId)
    expect(await place.query('n = _offset AS same', 'same LIMIT 1')).to.deep.equal([{ same: true }])
  })

  it('is history with positions for a job', async () => {
    const place = await newPlace({ partitions: 2 })
    await place.append(0, counted(0, 25))
    const { logId } = await place.run({ rowsPerFile: 10 })
    const plan = await parquet(place.to).plan({ source: 'purchases', fields: fieldsOf({ n: t.safeInt64() }) })
    expect(plan).to.include({ rows: 25, positioned: true })
    expect(plan.files.map(file => file.coverage)).to.deep.equal([
      { logId, partition: 0, first: 0, next: 10, start: 0 },
      { logId, partition: 0, first: 10, next: 20, start: 0 },
      { logId, partition: 0, first: 20, next: 25, start: 0 },
      { logId, partition: 1, first: 0, next: 0, start: 0 },
    ])
    const rows: number[][] = []
    for await (const { batch, partitions, offsets, logTimes } of plan.read()) {
      const n = valueReader(batch.columns.get('n')!)
      for (let row = 0; row < batch.length; row++) {
        rows.push([n(row) as number, partitions![row]!, offsets![row]!, logTimes![row]!])
      }
    }
    expect(rows).to.deep.equal(numbers(0, 25).map(i => [i, 0, i, 10 * i]))
  })

  it('goes on where it stands, and writes nothing when nothing is new', async () => {
    const place = await newPlace({ partitions: 2 })
    await place.append(0, counted(0, 5))
    await place.run()
    expect((await place.run()).files).to.deep.equal([])
    await place.append(0, counted(5, 8))
    await place.append(1, counted(0, 2))
    const { files } = await place.run()
    expect(files.map(file => basename(file.path))).to.deep.equal([fileName(0, 5, 8), fileName(1, 0, 2)])
    expect((await place.query('n', '_partition, _offset')).map(row => row['n'])).to.deep.equal([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '0',
      '1',
    ])
  })

  it('writes again what a crash took away from its end, and refuses a hole', async () => {
    const place = await newPlace()
    await place.append(0, counted(0, 30))
    await place.run({ rowsPerFile: 10 })
    rmSync(join(place.to, fileName(0, 20, 30)))
    expect((await place.run({ rowsPerFile: 10 })).files.map(file => file.first)).to.deep.equal([20])
    rmSync(join(place.to, fileName(0, 10, 20)))
    const error = await rejects(place.run(), 'conflict', 'archive-hole')
    expect(error.message).to.contain('begins at 10')
  })

  it('refuses to go on where its first file is missing', async () => {
    const place = await newPlace()
    await place.append(0, counted(0, 30))
    await place.run({ rowsPerFile: 10 })
    rmSync(join(place.to, fileName(0, 0, 10)))
    const error = await rejects(place.run(), 'conflict', 'archive-hole')
    expect(error.message).to.contain('begins at 0')
  })

  it('killed in the middle it goes on, and every record is there once', async () => {
    const place = await newPlace()
    await place.append(0, counted(0, 20_000))
    const child = startChild(new URL('archive-child.ts', import.meta.url), place.dir, place.to)
    await child.nextLine()
    await child.nextLine()
    await child.kill()
    expect(place.files().filter(name => name.endsWith('.parquet'))).to.not.deep.equal([])
    writeFileSync(join(place.to, `.${fileName(0, 1, 2)}.${2 ** 22 + 1}.tmp`), 'left by a killed run')
    const sameNumber = join(place.to, `.${fileName(0, 2, 3)}.${process.pid}.tmp`)
    writeFileSync(sameNumber, 'left by one that had the number of this process')
    utimesSync(sameNumber, 1000, 1000)
    const random = join(place.to, `.${fileName(0, 2, 3)}.${2 ** 22 + 1}.${'5a'.repeat(16)}.tmp`)
    writeFileSync(random, 'left by a killed run')
    await place.run({ rowsPerFile: 5000 })
    expect(place.files().filter(name => name.endsWith('.tmp'))).to.deep.equal([])
    const [row] = await place.query('count(*) AS c, count(DISTINCT n) AS d, max(n) AS m', 'c')
    expect(row).to.deep.equal({ c: '20000', d: '20000', m: '19999' })
  })

  describe('up to a bound', () => {
    it('of positions: partitions that it does not name are left out', async () => {
      const place = await newPlace({ partitions: 2 })
      await place.append(0, counted(0, 10))
      await place.append(1, counted(0, 10))
      const first = await place.run({ before: { positions: at(0, 4) } })
      expect([...first.next]).to.deep.equal([[0, 4]])
      const second = await place.run({ before: { positions: at(0, 3) } })
      expect(second.files).to.deep.equal([])
      const third = await place.run({ before: { positions: at(0, 1000) } })
      expect([...third.next]).to.deep.equal([[0, 10]])
    })

    it('of time: up to the first record that is not before it', async () => {
      const place = await newPlace()
      await place.append(0, counted(0, 10)) // record n at 10 · n
      expect([...(await place.run({ before: { timeMs: 40 } })).next]).to.deep.equal([[0, 4]])
      expect([...(await place.run({ before: { timeMs: 41 } })).next]).to.deep.equal([[0, 5]])
      expect([...(await place.run({ before: { timeMs: 0 } })).next]).to.deep.equal([[0, 5]])
      expect([...(await place.run({ before: { timeMs: 1000 } })).next]).to.deep.equal([[0, 10]])
    })
  })
  describe('refuses', () => {
    it('a folder with files of another log, or of nobody', async () => {
      const place = await newPlace()
      await place.append(0, counted(0, 3))
      await place.run()
      const other = await newPlace()
      await rejects(archive({ log: fileLog(other.dir), to: place.to }), 'conflict', 'foreign-file')
      await duckdb(`COPY (SELECT 1 AS n) TO '${other.dir}/x.parquet'`)
      const error = await rejects(
        archive({ log: fileLog(other.dir), to: other.dir }),
        'conflict',
        'foreign-file',
      )
      expect(error.message).to.contain('no archive wrote')
    })

    it('a log that was trimmed past the archive, naming the range', async () => {
      const place = await newPlace()
      await place.append(0, counted(0, 5))
      await place.run()
      await place.append(0, counted(5, 8))
      await place.append(0, counted(8, 9))
      await trimLog(place.dir, { positions: at(0, 8) })
      const error = await rejects(place.run(), 'data', 'gap')
      expect(error.message).to.contain('[5, 8)').and.to.contain('where the archive ends')
    })

    it('a log that lost what is archived', async () => {
      const place = await newPlace()
      await place.append(0, counted(0, 5))
      await place.run()
      rmSync(join(place.dir, 'p0', `${'5'.padStart(20, '0')}.ndjson`))
      writeFileSync(join(place.dir, 'p0', `${'0'.padStart(20, '0')}.ndjson`), '')
      await rejects(place.run(), 'data', 'log-lost-records')
    })
  })

  it('begins where a trimmed log begins', async () => {
    const place = await newPlace()
    await place.append(0, counted(0, 5))
    await place.append(0, counted(5, 8))
    await trimLog(place.dir, { positions: at(0, 5) })
    expect((await place.run()).files).to.have.length(1)
    expect(place.files()).to.deep.equal([fileName(0, 5, 8)])
  })

  it('tells how far it is', async () => {
    const place = await newPlace({ partitions: 2 })
    await place.append(0, counted(0, 6000))
    await place.append(1, counted(0, 10))
    const seen: { records: number; total: number }[] = []
    await place.run({ progress: progress => seen.push(progress) })
    expect(seen.at(-1)).to.deep.equal({ partition: 1, records: 6010, total: 6010 })
    expect(seen.length).to.be.at.least(3)
  })
})
