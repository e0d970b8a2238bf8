import { expect } from 'chai'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { refuses } from '../job/refuses.ts'

const schema = { customer: t.string(), quantity: t.int32(), at: t.timestamp('ms'), day: t.optional(t.date()) }

/** A declaration as plain JavaScript could write it. */
const declare = source as (name: unknown, options: unknown) => unknown

describe('source', () => {
  it('has its defaults in one place', () => {
    expect(source('purchases', { schema })).to.deep.equal({
      name: 'purchases',
      schema,
      eventTime: null,
      outOfOrdernessMs: 0,
      partitionedByKey: false,
      partitioner: 'murmur2',
      maxAheadMs: null,
      maxEventTimeMs: null,
      handoffLatenessMs: 0,
      recordId: null,
      badRecords: 'stop',
    })
  })

  it('keeps what it is told', () => {
    const told = {
      schema,
      eventTime: 'day',
      outOfOrdernessMs: 5000,
      partitionedByKey: true,
      partitioner: 'crc32',
      maxAheadMs: 0,
      maxEventTimeMs: -1,
      handoffLatenessMs: 60_000,
      recordId: 'customer',
      badRecords: 'keep',
    } as const
    expect(source('clicks', told)).to.deep.equal({ name: 'clicks', ...told })
  })

  it('cannot be changed from outside', () => {
    const fields: Record<string, ReturnType<typeof t.string>> = { customer: t.string() }
    const declared = source('purchases', { schema: fields })
    fields['more'] = t.string()
    expect(Object.keys(declared.schema)).to.deep.equal(['customer'])
    expect(() => Object.assign(declared, { name: 'other' })).to.throw(TypeError)
  })

  it('refuses an event time that is no field, or no time', () => {
    const message = refuses(() => declare('p', { schema, eventTime: 'when' }), 'unknown-field')
    expect(message).to.contain(`source p: eventTime: field 'when'`).and.contain('customer, quantity, at, day')
    expect(refuses(() => declare('p', { schema, eventTime: 'quantity' }), 'bad-event-time')).to.equal(
      `invalid bad-event-time: source p: field 'quantity': expected a timestamp or a date, found int32`,
    )
  })

  it('refuses names that are no file name', () => {
    const names = [
      '',
      '.',
      '..',
      '.hidden',
      '-flag',
      'a/b',
      'a b',
      'größe',
      'a=b',
      'end.',
      '__proto__',
      'x'.repeat(101),
    ]
    for (const name of names) refuses(() => declare(name, { schema }), 'bad-name')
    for (const name of [undefined, 7, null]) refuses(() => declare(name, { schema }), 'bad-name')
    for (const name of ['a', 'A-b_c.d', '2011', '_x', 'x'.repeat(100)]) declare(name, { schema })
  })

  it('refuses what is no schema', () => {
    for (const bad of [{}, undefined, null, 'customer'])
      refuses(() => declare('p', { schema: bad }), 'bad-schema')
    for (const type of ['string', null, undefined, { kind: 'string' }]) {
      expect(refuses(() => declare('p', { schema: { customer: type } }), 'bad-schema')).to.contain(
        `field 'customer'`,
      )
    }
    for (const name of ['', '\ud800', '__proto__']) {
      refuses(() => declare('p', { schema: Object.fromEntries([[name, t.string()]]) }), 'bad-name')
    }
  })

  it('refuses options it does not know or cannot use', () => {
    expect(refuses(() => declare('p', { schema, eventtime: 'at' }), 'unknown-option')).to.contain(
      'source p: eventtime',
    )
    refuses(() => declare('p', undefined), 'bad-options')
    for (const name of ['outOfOrdernessMs', 'maxAheadMs', 'handoffLatenessMs']) {
      for (const bad of [-1, 0.5, Infinity, NaN, '5', null]) {
        if (bad === null && name !== 'maxAheadMs') continue // an absent one
        refuses(() => declare('p', { schema, [name]: bad }), 'bad-option')
      }
    }
    refuses(() => declare('p', { schema, maxEventTimeMs: 1.5 }), 'bad-option')
    refuses(() => declare('p', { schema, partitionedByKey: 'yes' }), 'bad-option')
    refuses(() => declare('p', { schema, badRecords: 'ignore' }), 'bad-option')
  })

  it('refuses a record id that could be null, no key or without a time', () => {
    const more = { ...schema, weight: t.float64() }
    for (const recordId of ['day', 'weight']) {
      refuses(() => declare('p', { schema: more, eventTime: 'at', recordId }), 'bad-record-id')
    }
    const found = refuses(() => declare('p', { schema, recordId: 'customer' }), 'bad-record-id')
    expect(found).to.contain('without eventTime')
    refuses(() => declare('p', { schema, eventTime: 'at', recordId: 'id' }), 'unknown-field')
  })
})
