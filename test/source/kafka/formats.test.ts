/** What the bytes of keys and values mean: Avro and Protobuf, bare and with a schema registry. */
import { expect } from 'chai'
import avsc from 'avsc'
import protobufjs from 'protobufjs'
import { avro } from '../../../src/source/kafka/avro.ts'
import { formats, type KafkaFormat } from '../../../src/source/kafka/format.ts'
import { protobuf } from '../../../src/source/kafka/protobuf.ts'
import { rejects } from '../../rejects.ts'
import { framed, read, registryServer } from './registry-server.ts'

describe('formats of topics', () => {
  const { schemas, asked, ...server } = registryServer()
  let registry: string
  before(async () => {
    registry = await server.start()
  })
  after(() => server.stop())
  beforeEach(() => {
    schemas.clear()
    asked.length = 0
  })

  it('JSON of which only some fields are needed: these are as JSON.parse has them, whatever the rest', async () => {
    const texts = [
      '{"user":"u1","amount":5,"id":"9f"}',
      '{"id":[1,{"a":2}],"user":"\\u00fc\\n","amount":1e2}',
      ' { "amount" : -0 } ',
      '"text"',
      '[1]',
      'null',
    ]
    // So many of the unusual that the usual way is given up, then all once more.
    for (const prelude of [0, 3000]) {
      const reader = await formats.json.open({ fields: ['user', 'amount'], keys: false })
      for (let i = 0; i < prelude; i++) reader(Buffer.from('{"user":"\\n"}'), 0, 13)
      for (const text of texts) {
        const found = reader(Buffer.from(`{"user":${text}}`), 8, 8 + text.length)
        const parsed = JSON.parse(text) as unknown
        if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
          expect(found).to.deep.equal(parsed)
        else {
          const { user, amount } = parsed as Record<string, unknown>
          const own = found as Record<string, unknown>
          expect([own['user'], own['amount']]).to.deep.equal([user, amount])
        }
      }
      expect(() => reader(Buffer.from('{"user":1,}'), 0, 11)).to.throw('JSON')
    }
  })

  describe('Avro', () => {
    const payment = {
      type: 'record',
      name: 'Payment',
      namespace: 'shop',
      fields: [
        { name: 'user', type: 'string' },
        { name: 'amount', type: 'double' },
        { name: 'count', type: 'long' },
        { name: 'note', type: ['null', 'string'], default: null },
      ],
    } as const
    const given = { user: 'änn', amount: 1.5, count: 7, note: null }
    const bytes = avsc.Type.forSchema(payment as never).toBuffer(given)

    it('of one schema, bare, as data and as text', async () => {
      expect(await read(avro({ schema: payment }), bytes)).to.deep.equal(given)
      expect(await read(avro({ schema: JSON.stringify(payment) }), bytes)).to.deep.equal(given)
    })

    it('numbers of 64 bits, bytes, dates and decimals in the forms that sources take', async () => {
      const schema = {
        type: 'record',
        name: 'All',
        fields: [
          { name: 'small', type: 'long' },
          { name: 'large', type: 'long' },
          { name: 'bytes', type: 'bytes' },
          { name: 'fixed', type: { type: 'fixed', name: 'Two', size: 2 } },
          { name: 'day', type: { type: 'int', logicalType: 'date' } },
          { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
          { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
          { name: 'either', type: ['null', 'int', 'long', 'bytes'] },
          { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
          { name: 'tags', type: { type: 'map', values: 'int' } },
        ],
      }
      // By hand, after the Avro specification: zigzag varints, lengths in front.
      const encoded = Buffer.from(
        [
          '02', // 1
          'feffffffffffffffff01', // 9223372036854775807
          '04ff00', // two bytes
          '0102',
          'e09d02', // 18288 days: 2020-01-27
          '04fb2e', // −1234 → −12.34
          '80a0abfef962', // 1700000000000
          '0402', // branch 2: long 1
          '02', // B
          '02026102' + '00', // {a: 1}
        ].join(''),
        'hex',
      )
      const value = (await read(avro({ schema }), encoded)) as Record<string, unknown>
      expect(value).to.deep.include({
        small: 1,
        large: '9223372036854775807',
        bytes: '/wA=',
        fixed: 'AQI=',
        day: '2020-01-27',
        price: '-12.34',
        either: 1,
        kind: 'B',
        tags: { a: 1 },
        at: '2023-11-14T22:13:20.000Z',
      })
    })

    it('with a registry: each schema is asked for once, and read by ours where one is given', async () => {
      schemas.set('/schemas/ids/17', { schema: JSON.stringify(payment) })
      const format = avro({ registry })
      expect(await read(format, framed(17, bytes))).to.deep.equal(given)
      const narrower = { ...payment, fields: [payment.fields[1], { name: 'extra', type: 'int', default: 3 }] }
      expect(await read(avro({ registry, schema: narrower }), framed(17, bytes))).to.deep.equal({
        amount: 1.5,
        extra: 3,
      })
      expect(asked).to.deep.equal(['/schemas/ids/17', '/schemas/ids/17'])
    })

    it('with a registry whose schemas use each other', async () => {
      const line = { type: 'record', name: 'shop.Line', fields: [{ name: 'item', type: 'string' }] }
      const order = {
        type: 'record',
        name: 'shop.Order',
        fields: [
          { name: 'first', type: 'shop.Line' },
          { name: 'others', type: { type: 'array', items: 'shop.Line' } },
        ],
      }
      schemas.set('/subjects/line-value/versions/2', { schema: JSON.stringify(line) })
      const references = [{ name: 'shop.Line', subject: 'line-value', version: 2 }]
      schemas.set('/schemas/ids/1', { schema: JSON.stringify(order), references })
      const encoded = Buffer.from('0261' + '02' + '0262' + '00', 'hex')
      expect(await read(avro({ registry }), framed(1, encoded))).to.deep.equal({
        first: { item: 'a' },
        others: [{ item: 'b' }],
      })
    })

    it('refuses what is none: no header, an unknown id, cut off, too long', async () => {
      schemas.set('/schemas/ids/17', { schema: JSON.stringify(payment) })
      schemas.set('/schemas/ids/18', { schema: '{"type":"record"', schemaType: 'AVRO' })
      const fails = async (format: KafkaFormat, value: Buffer): Promise<string> =>
        read(format, value).then(
          () => 'it did not fail',
          (error: unknown) => (error as Error).message,
        )
      expect(await fails(avro({ registry }), bytes)).to.contain('without the header')
      expect(await fails(avro({ registry }), framed(99, bytes))).to.contain('schema 99')
      expect(await fails(avro({ registry }), framed(18, bytes))).to.contain('JSON')
      expect(await fails(avro({ registry }), framed(17, bytes.subarray(1)))).to.not.equal('it did not fail')
      expect(await fails(avro({ schema: payment }), bytes.subarray(0, 3))).to.contain('truncated')
      expect(await fails(avro({ schema: payment }), Buffer.concat([bytes, bytes]))).to.contain('trailing')
    })

    it('a registry that refuses us, or is none', async () => {
      const closed = avro({ registry: { url: `${registry}/private` } })
      await rejects(read(closed, framed(1, bytes)), 'invalid', 'not-authorised')
      schemas.set('/private/schemas/ids/1', { schema: JSON.stringify(payment) })
      const open = avro({ registry: { url: `${registry}/private`, username: 'ann', password: 'secret' } })
      expect(await read(open, framed(1, bytes))).to.deep.equal(given)
      await rejects(avro({ registry: 'http://ann:secret@host' }).open(), 'invalid', 'bad-registry')
      await rejects(avro({ schema: { type: 'nonsense' } }).open(), 'invalid', 'bad-schema')
    })
  })

  describe('Protobuf', () => {
    const schema = [
      'syntax = "proto3";',
      'package shop;',
      'import "google/protobuf/timestamp.proto";',
      'message Ignored { string text = 1; }',
      'message Payment {',
      '  string user_name = 1; double amount = 2; int64 count = 3; bytes raw = 4; Kind kind = 5;',
      '  repeated uint64 list = 6; map<string, int64> by_name = 7; google.protobuf.Timestamp at = 8;',
      '  optional int32 maybe = 9; Inner inner = 10;',
      '  enum Kind { NONE = 0; SALE = 1; }',
      '  message Inner { sint64 deep = 1; }',
      '}',
    ].join('\n')
    const type = protobufjs.parse(schema.replace(/^import.*$/m, '').replace(/google.*at = 8;/, ''), { keepCase: true })
      .root.lookupType('shop.Payment') // prettier-ignore
    const bytes = Buffer.from(
      type
        .encode(
          type.fromObject({
            user_name: 'änn',
            amount: 2.5,
            count: '9223372036854775807',
            raw: Buffer.from([255]),
            kind: 'SALE',
            list: [1, '18446744073709551615'],
            by_name: { a: 5 },
            inner: { deep: -3 },
          }),
        )
        .finish(),
    )
    const expected = {
      user_name: 'änn',
      amount: 2.5,
      count: '9223372036854775807',
      raw: '/w==',
      kind: 'SALE',
      list: [1, '18446744073709551615'],
      by_name: { a: 5 },
      inner: { deep: -3 },
    }

    it('of one message, bare', async () => {
      const format = protobuf({ schema, message: 'shop.Payment' })
      expect(await read(format, bytes)).to.deep.include(expected)
      const empty = (await read(format, Buffer.alloc(0))) as Record<string, unknown>
      expect(empty).to.deep.include({ user_name: '', amount: 0, count: 0, list: [], kind: 'NONE' })
      expect(empty['maybe'] ?? null).to.equal(null)
      expect(empty['inner'] ?? null).to.equal(null)
    })

    it('with a registry: the header names the message, nested ones too', async () => {
      schemas.set('/schemas/ids/5', { schema, schemaType: 'PROTOBUF' })
      const format = protobuf({ registry })
      expect(await read(format, framed(5, Buffer.from([2, 2]), bytes))).to.deep.include(expected) // [1]
      const inner = Buffer.from([8, 5]) // deep: −3
      expect(await read(format, framed(5, Buffer.from([4, 2, 0]), inner))).to.deep.equal({ deep: -3 }) // [1, 0]
      const text = Buffer.from('0a0161', 'hex')
      expect(await read(format, framed(5, Buffer.from([0]), text))).to.deep.equal({ text: 'a' }) // [0]
    })

    it('with a registry whose schemas import each other', async () => {
      const common = 'syntax = "proto3"; package shop; message Money { int64 cents = 1; }'
      const own = 'syntax = "proto3"; package shop; import "money.proto"; message Sale { Money price = 1; }'
      schemas.set('/subjects/money/versions/1', { schema: common, schemaType: 'PROTOBUF' })
      const references = [{ name: 'money.proto', subject: 'money', version: 1 }]
      schemas.set('/schemas/ids/6', { schema: own, schemaType: 'PROTOBUF', references })
      const sale = Buffer.from('0a02087b', 'hex')
      expect(await read(protobuf({ registry }), framed(6, Buffer.from([0]), sale))).to.deep.equal({
        price: { cents: 123 },
      })
    })

    it('refuses what is none', async () => {
      schemas.set('/schemas/ids/5', { schema, schemaType: 'PROTOBUF' })
      schemas.set('/schemas/ids/7', { schema: '"string"' })
      const fails = async (value: Buffer): Promise<string> =>
        read(protobuf({ registry }), value).then(
          () => 'it did not fail',
          (error: unknown) => (error as Error).message,
        )
      expect(await fails(framed(5, Buffer.from([2, 20]), bytes))).to.contain('message [10]')
      expect(await fails(framed(5, Buffer.from([0x80])))).to.contain('cut off')
      expect(await fails(framed(7, Buffer.from([0])))).to.contain('type AVRO')
      await rejects(protobuf({ schema: 'message {' }).open(), 'invalid', 'bad-schema')
      await rejects(protobuf({ schema, message: 'shop.None' }).open(), 'invalid', 'bad-schema')
    })
  })
})
