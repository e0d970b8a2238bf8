import { crc32 } from 'node:zlib'
import { expect } from 'chai'
import { fieldsOf } from '../../../src/record/record.ts'
import { t } from '../../../src/record/type.ts'
import { messageMaker } from '../../../src/sink/kafka/message-maker.ts'

const fields = fieldsOf({ user: t.optional(t.string()), n: t.int64(), day: t.date(), at: t.timestamp('ns') })
const record = { user: 'ann', n: 5n, day: 19_000, at: 1_700_000_000_123_456_789n }
const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString()

describe('messages of records', () => {
  for (const [name, key, expected] of [
    ['no key', undefined, null],
    ['text', 'user', 'ann'],
    ['a 64-bit number', 'n', '5'],
    ['several fields', ['user', 'n', 'day'], '["ann","5","2022-01-08"]'],
    ['a function', () => 'k', 'k'],
  ] as const) {
    it(`have the key of ${name}`, () => {
      const make = messageMaker(key === undefined ? {} : { key }, fields, 'totals')
      expect(text(make(record, 4).key)).to.equal(expected)
    })
  }

  it('have no key where the field is null, and go round', () => {
    const make = messageMaker({ key: 'user' }, fields, 'totals')
    const made = [0, 1, 2, 3].map(() => make({ ...record, user: null }, 3))
    expect(made.map(({ key }) => key)).to.deep.equal([null, null, null, null])
    expect(made.map(({ partition }) => partition)).to.deep.equal([0, 1, 2, 0])
  })

  it('take their time from a field, in milliseconds', () => {
    const timeOf = (timestamp: string): number | null =>
      messageMaker({ timestamp }, fields, 'totals')(record, 1).timestamp
    expect(timeOf('at')).to.equal(1_700_000_000_123)
    expect(timeOf('day')).to.equal(19_000 * 86_400_000)
    expect(messageMaker({}, fields, 'totals')(record, 1).timestamp).to.equal(null)
    const wrong = messageMaker({ timestamp: () => -1 }, fields, 'totals')
    expect(() => wrong(record, 1))
      .to.throw()
      .with.include({ kind: 'data', code: 'bad-timestamp' })
  })

  it('go by crc32 as librdkafka has it, or where a function says', () => {
    const crc = messageMaker({ key: 'user', partitioner: 'crc32' }, fields, 'totals')
    expect(crc(record, 1000).partition).to.equal(crc32('ann') % 1000)
    const asked: unknown[] = []
    const own = messageMaker(
      { key: 'user', partitioner: (key, partitions) => asked.push(key, partitions) },
      fields,
      'totals',
    )
    expect(own(record, 9).partition).to.equal(2)
    expect(asked).to.deep.equal(['ann', 9])
    expect(() => own(record, 3))
      .to.throw()
      .with.include({ kind: 'invalid', code: 'no-such-partition' })
  })

  it('refuse a field that there is not', () => {
    for (const options of [{ key: 'nobody' }, { key: ['user', 'nobody'] }, { timestamp: 'nobody' }]) {
      expect(() => messageMaker(options, fields, 'totals'))
        .to.throw(/nobody/)
        .with.include({ kind: 'invalid', code: 'unknown-field' })
    }
  })

  it('refuse a field that a record without a schema has not, and take null', () => {
    for (const options of [{ key: 'nobody' }, { key: ['user', 'nobody'] }, { timestamp: 'nobody' }]) {
      const make = messageMaker(options, null, 'totals')
      expect(() => make({ user: 'ann', n: 5 }, 4))
        .to.throw(/'nobody'.*user, n/)
        .with.include({ kind: 'invalid', code: 'unknown-field' })
    }
    expect(messageMaker({ key: 'user' }, null, 'totals')({ user: null }, 4).key).to.equal(null)
  })

  it('say which function failed', () => {
    const make = messageMaker(
      {
        value: () => {
          throw new Error('no idea')
        },
      },
      fields,
      'totals',
    )
    expect(() => make(record, 1))
      .to.throw(/no idea/)
      .with.include({ kind: 'invalid', code: 'message-failed' })
  })

  for (const [name, options] of [
    ['a number as key', { key: () => 7 }],
    ['a key that is missing', { key: () => undefined }],
    ['a list of bytes as value', { value: () => [1, 2] }],
    ['a number as header', { headers: () => ({ kind: 3 }) }],
  ] as const) {
    it(`refuse what is neither text nor bytes: ${name}`, () => {
      // As a job in plain JavaScript has it: nothing checks its types.
      const make = messageMaker(options as unknown as Parameters<typeof messageMaker>[0], fields, 'totals')
      expect(() => make(record, 4))
        .to.throw(/expected text, bytes, or null/)
        .with.include({ kind: 'invalid', code: 'message-failed' })
    })
  }
})
