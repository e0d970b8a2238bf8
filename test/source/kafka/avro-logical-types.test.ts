/** Logical types of Avro in the forms that sources take. Bytes by hand, after the Avro specification. */
import { expect } from 'chai'
import { avro } from '../../../src/source/kafka/avro.ts'
import { framed, read, registryServer } from './registry-server.ts'

describe('dates, instants and decimals of Avro', () => {
  const { schemas, ...server } = registryServer()
  let registry: string
  before(async () => {
    registry = await server.start()
  })
  after(() => server.stop())

  const date = { type: 'int', logicalType: 'date' }
  const decimal = (scale: number): object => ({
    type: 'bytes',
    logicalType: 'decimal',
    precision: 6,
    scale,
  })
  const instant = (logicalType: string): object => ({ type: 'long', logicalType })
  const record = (...types: readonly unknown[]): object => ({
    type: 'record',
    name: 'R',
    fields: types.map((type, i) => ({ name: `f${i}`, type })),
  })
  const one = '2023-11-14T22:13:20.000' // 1700000000000 ms
  const millis = '80a0abfef962'

  it('instants are the same whatever their unit', async () => {
    const [ms, us, ns] = ['millis', 'micros', 'nanos'].map(unit => instant(`timestamp-${unit}`))
    const bytes = Buffer.from(
      [
        millis,
        '8280f28183898506', // 1700000000000001 us
        '8080d0e2c6bfce972f', // 1700000000000000000 ns
        '01', // −1 us
      ].join(''),
      'hex',
    )
    const local = instant('local-timestamp-micros')
    expect(await read(avro({ schema: record(ms, us, ns, local) }), bytes)).to.deep.equal({
      f0: `${one}Z`,
      f1: `${one}001Z`,
      f2: `${one}000000Z`,
      f3: '1969-12-31T23:59:59.999999Z',
    })
  })

  it('are read by a schema of the reader: of the same type, of another unit or scale, and plain ones', async () => {
    const [ms, us] = [instant('timestamp-millis'), instant('timestamp-micros')]
    const cases: readonly (readonly [writer: unknown, reader: unknown, bytes: string, value: unknown])[] = [
      [date, date, '02', '1970-01-02'],
      ['int', date, '02', '1970-01-02'],
      [date, 'int', '02', 1],
      [date, ['null', date], '02', '1970-01-02'],
      [['null', date], ['null', date], '0202', '1970-01-02'],
      [['null', date], ['null', date], '00', null],
      [ms, ms, millis, `${one}Z`],
      [ms, us, millis, `${one}Z`],
      [us, ms, '8280f28183898506', `${one}001Z`],
      ['long', ms, millis, `${one}Z`],
      [ms, 'long', millis, 1_700_000_000_000],
      [decimal(2), decimal(2), '047fff', '327.67'],
      [decimal(3), decimal(2), '047fff', '32.767'],
      ['bytes', decimal(2), '02ff', '-0.01'],
      [{ type: 'long', 'connect.version': 1 }, null, 'feffffffffffffffff01', '9223372036854775807'],
      [instant('time-micros'), null, '02', 1],
      [{ type: 'string', logicalType: 'decimal', precision: 2 }, null, '0231', '1'],
    ]
    for (const [writer, reader, bytes, value] of cases) {
      schemas.set('/schemas/ids/1', { schema: JSON.stringify(record(writer)) })
      const format = avro({ registry, ...(reader !== null && { schema: record(reader) }) })
      const found = await read(format, framed(1, Buffer.from(bytes, 'hex')))
      expect(found, JSON.stringify([writer, reader])).to.deep.equal({ f0: value })
    }
  })

  it('have defaults', async () => {
    const fixed = { type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 4, scale: 1 }
    const defaults = [
      [date, 1, '1970-01-02'],
      [instant('timestamp-micros'), -1, '1969-12-31T23:59:59.999999Z'],
      [decimal(2), '\u0000', '0.00'],
      [decimal(2), '\u00ff\u0000', '-2.56'],
      [fixed, '\u00ff\u00fe', '-0.2'],
    ] as const
    const fields = defaults.map(([type, value], i) => ({ name: `f${i}`, type, default: value }))
    const schema = { type: 'record', name: 'R', fields }
    schemas.set('/schemas/ids/1', { schema: JSON.stringify(record()) })
    expect(await read(avro({ registry, schema }), framed(1, Buffer.alloc(0)))).to.deep.equal(
      Object.fromEntries(defaults.map(([, , value], i) => [`f${i}`, value])),
    )
  })
})
