/** A source with a field of every sort, which the type tests share. */
import { source, t, type Source } from '../../src/index.ts'

export const purchases = source('purchases', {
  schema: {
    customer: t.string(),
    quantity: t.int32(),
    price: t.float64(),
    coupon: t.optional(t.string()),
    receipt: t.bytes(),
    serial: t.int64(),
    channel: t.enum('shop', 'web'),
    at: t.timestamp('ms'),
  },
  eventTime: 'at',
})

export const returns: Source<'returns', (typeof purchases)['schema']> = source('returns', {
  schema: purchases.schema,
  eventTime: 'at',
})
