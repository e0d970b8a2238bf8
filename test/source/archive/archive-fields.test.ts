// Which columns an archive has, and what becomes of records that do not fit into them.
import { expect } from 'chai'
import { fieldsOf } from '../../../src/record/record.ts'
import { t } from '../../../src/record/type.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { archivePlaces, counted, fileName } from './archive-place.ts'

describe('archive fields', () => {
  const newPlace = archivePlaces()

  const purchase = { id: t.int64(), on: t.date(), note: t.optional(t.string()) }

  it('are those of the log, decoded from their JSON form', async () => {
    const place = await newPlace({ schema: purchase })
    await place.append(0, [{ value: { id: '9007199254740993', on: '2011-10-31', note: 'x' } }])
    await place.append(0, [{ value: { id: 5, on: '1969-12-31' } }])
    await place.run()
    expect(await place.query('id, "on", note')).to.deep.equal([
      { id: '9007199254740993', on: '2011-10-31', note: 'x' },
      { id: '5', on: '1969-12-31', note: null },
    ])
  })

  it('of the log leave nothing out: a value with another field stops the run', async () => {
    const place = await newPlace({ schema: { n: t.int32() } })
    await place.append(0, [{ value: { n: 1, more: 2 } }])
    await rejects(place.run(), 'data', 'record-does-not-fit')
  })

  it('that are given leave others out', async () => {
    const place = await newPlace()
    await place.append(0, [{ value: { n: 1, other: 'x' } }])
    const { fields } = await place.run({ fields: fieldsOf({ n: t.int32() }) })
    expect(fields.map(field => field.name)).to.deep.equal(['n'])
    expect(await place.query('columns(* EXCLUDE (_time))')).to.deep.equal([
      { n: 1, _partition: 0, _offset: '0', _key: null },
    ])
  })

  it('stay those of the first run', async () => {
    const place = await newPlace()
    await place.append(0, [{ value: { n: 1 } }])
    await place.run()
    await place.append(0, [{ value: { n: 1.5 } }])
    const error = await rejects(place.run(), 'data', 'record-does-not-fit')
    expect(error.thing).to.contain('partition 0 offset 1').and.to.contain(`'n'`)
    await rejects(place.run({ fields: fieldsOf({ n: t.float64() }) }), 'conflict', 'archive-fields')
  })

  it('that no column holds stop the run instead of being lost', async () => {
    const place = await newPlace()
    await place.append(0, [{ value: { n: 1 } }])
    await place.run()
    await place.append(0, [{ value: { n: 2, more: 1 } }])
    const error = await rejects(place.run(), 'data', 'record-does-not-fit')
    expect(error.message).to.contain(`'more'`)
    expect(place.files()).to.have.length(1)
  })

  it('may not have the names of our columns', async () => {
    const place = await newPlace()
    await place.append(0, [{ value: { _offset: 1 } }])
    await rejects(place.run(), 'invalid', 'reserved-column')
    expect(place.files()).to.deep.equal([])
  })

  it('of a tombstone are null, beside the text that it is', async () => {
    const place = await newPlace()
    await place.append(0, [
      { value: { n: 1 }, key: 'a' },
      { value: null, key: 'a' },
    ])
    await place.run()
    expect(await place.query('n, _key, _raw')).to.deep.equal([
      { n: '1', _key: 'a', _raw: null },
      { n: null, _key: 'a', _raw: 'null' },
    ])
  })

  it('of a value that is none of the declared ones are null, beside the text that it is', async () => {
    const place = await newPlace({ schema: { n: t.int32() } })
    await place.append(0, [...counted(0, 3), { value: { n: 'seven' } }, { value: [1] }, { value: null }])
    await place.run({ rowsPerFile: 3 })
    const own = await duckdb(
      `SELECT n, _raw, _offset FROM read_parquet('${place.to}/*00006.parquet') ORDER BY 3`,
    )
    expect(own.map(({ n, _raw }) => [n, _raw])).to.deep.equal([
      [null, '{"n":"seven"}'],
      [null, '[1]'],
      [null, 'null'],
    ])
    const names = await duckdb(`DESCRIBE SELECT * FROM read_parquet('${place.to}/*00003.parquet')`)
    expect(names.map(({ column_name }) => column_name)).to.not.include('_raw')
  })

  it('a record that does not fit is named, and leaves no file behind', async () => {
    const place = await newPlace({ partitions: 2, schema: { n: t.int32() } })
    await place.append(0, counted(0, 10))
    await place.append(1, [...counted(0, 7), { value: { n: 7, more: 'seven' } }])
    const error = await rejects(place.run(), 'data', 'record-does-not-fit')
    expect(error.message).to.contain('partition 1 offset 7').and.to.contain('more')
    expect(place.files()).to.deep.equal([fileName(0, 0, 10)])
  })
})
