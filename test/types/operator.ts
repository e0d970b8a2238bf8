/** What `onRecord` is given is inferred from the inline literal, and wrong use of it does not compile. */
import { job, list, reducing, t, value, type AnyRecord } from '../../src/index.ts'
import { typed } from './equal.ts'
import { purchases } from './purchases.ts'

const keyed = job('types').from(purchases).keyBy('customer')

keyed.apply('inferred', {
  state: {
    total: value(t.float64(), 0),
    last: value(t.timestamp('ms')),
    coupons: list(t.string()),
    largest: reducing(t.float64(), (a, b) => (a > b ? a : b)),
  },
  onRecord(purchase, { total, last, coupons, largest }, out) {
    typed(purchase.quantity).is<number>()
    typed(purchase.customer).is<string>()
    typed(purchase.coupon).is<string | null>()
    typed(purchase.serial).is<bigint>()
    typed(purchase.channel).is<'shop' | 'web'>()
    typed(total.get()).is<number>()
    typed(last.get()).is<number | undefined>()
    typed(coupons.get()).is<readonly string[]>()
    typed(largest.get()).is<number | undefined>()
    typed(out.key).is<string>()
    typed(out.time).is<number | null>()
    typed(out.watermark).is<number>()
    typed(out.emit.bind(out)).is<(record: AnyRecord) => void>()
    out.emit({ customer: out.key, total: total.get(), nested: { last: last.get() } })
  },
})

keyed.apply('wrong-use', {
  state: { total: value(t.float64(), 0), coupons: list(t.string()) },
  onRecord(purchase, { total, coupons }, out) {
    // @ts-expect-error unknown field
    total.set(purchase.amount)
    // @ts-expect-error wrong type to set
    total.set('12')
    // @ts-expect-error undefined is no value: clear() removes
    total.set(undefined)
    // @ts-expect-error a bigint is no number
    total.set(purchase.serial)
    // @ts-expect-error a list is added to
    coupons.set('x')
    // @ts-expect-error null is no string
    coupons.add(purchase.coupon)
    // @ts-expect-error records are read-only
    purchase.quantity = 1
    // @ts-expect-error the key is read-only
    out.key = 'x'
    // @ts-expect-error a record is an object
    out.emit('x')
  },
})

// @ts-expect-error undeclared state
keyed.apply('undeclared', { state: {}, onRecord: (_purchase, { total }) => total.set(1) })
// @ts-expect-error there must be a state, {} when nothing is kept
keyed.apply('stateless', { onRecord: () => undefined })
// @ts-expect-error there must be an onRecord
keyed.apply('idle', { state: {} })
// @ts-expect-error operators are synchronous
keyed.apply('async', { state: {}, onRecord: async () => undefined })
// @ts-expect-error misspelt
keyed.apply('typo', { state: {}, emit: { total: t.float64() }, onRecord: () => undefined })
// @ts-expect-error state is declared, not given
keyed.apply('bare', { state: { total: 0 }, onRecord: () => undefined })

// Arrow functions infer too, and so does `emits`, in either place before onRecord.
keyed.apply('arrow', {
  emits: { customer: t.string(), serial: t.int64(), note: t.optional(t.string()) },
  state: { count: value(t.int32(), 0) },
  onRecord: (purchase, { count }, out) => {
    count.set(count.get() + 1)
    typed(out.emit.bind(out)).is<
      (record: { readonly customer: string; readonly serial: bigint; readonly note: string | null }) => void
    >()
    out.emit({ customer: out.key, serial: purchase.serial, note: null })
    // @ts-expect-error wrong type
    out.emit({ customer: out.key, serial: count.get(), note: null })
    // @ts-expect-error missing field
    out.emit({ customer: out.key, note: null })
    // @ts-expect-error unknown field
    out.emit({ customer: out.key, serial: 1n, note: null, total: 2 })
    // @ts-expect-error null is not undefined
    out.emit({ customer: out.key, serial: 1n, note: undefined })
  },
})
