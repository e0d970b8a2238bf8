/** The chain: what may follow what, keys, names. */
import {
  job,
  t,
  value,
  type HistoryOf,
  type Job,
  type Keyed,
  type LogsOf,
  type RecordOf,
  type SinksOf,
  type Type,
} from '../../src/index.ts'
import type { Sink } from '../../src/sink/sink.ts'
import type { History } from '../../src/source/history.ts'
import type { Log } from '../../src/source/log.ts'
import { assertType, typed, type Equal } from './equal.ts'
import { purchases, returns } from './purchases.ts'

const stream = job('types').from(purchases)
type Purchase = RecordOf<typeof purchases.schema>
const nothing = { state: {}, onRecord: (): void => undefined }

// --- keyBy: one field, several, a function
const byCustomer = stream.keyBy('customer')
const byCoupon = stream.keyBy('coupon')
const byBoth = stream.keyBy('channel', 'serial')
const byThree = stream.keyBy('customer', 'coupon', 'at')
const byFunction = stream.keyBy(t.string(), purchase => {
  typed(purchase.serial).is<bigint>()
  return purchase.customer.slice(0, 1)
})
const byOptional = stream.keyBy(t.string(), purchase => purchase.coupon)
typed(byCustomer).is<Keyed<'purchases', never, Purchase, string>>()
typed(byCoupon).is<Keyed<'purchases', never, Purchase, string>>()
typed(byBoth).is<Keyed<'purchases', never, Purchase, readonly ['shop' | 'web', bigint]>>()
typed(byThree).is<Keyed<'purchases', never, Purchase, readonly [string, string, number]>>()
typed(byFunction).is<Keyed<'purchases', never, Purchase, string>>()
typed(byOptional).is<Keyed<'purchases', never, Purchase, string>>()
byThree.apply('tuple', {
  state: {},
  onRecord(_purchase, _state, out) {
    const [customer, coupon, at] = out.key
    typed({ customer, coupon, at }).is<{ customer: string; coupon: string; at: number }>()
  },
})

// @ts-expect-error no such field
stream.keyBy('client')
// @ts-expect-error no such second field
stream.keyBy('customer', 'client')
// @ts-expect-error bytes are no key
stream.keyBy('receipt')
// @ts-expect-error bytes are no key, from a function neither
stream.keyBy(t.bytes(), purchase => purchase.receipt)
// @ts-expect-error there must be a key
stream.keyBy()
// @ts-expect-error where there is a function there is a schema
stream.keyBy((purchase: { customer: string }) => purchase.customer)
// @ts-expect-error a type alone gives no key
stream.keyBy(t.string())
// @ts-expect-error the function gives what its type says
stream.keyBy(t.string(), purchase => purchase.quantity)
// @ts-expect-error unknown field in the function
stream.keyBy(t.string(), purchase => purchase.client)

// --- filter, map, flatMap, union
const mapped = stream
  .filter(purchase => purchase.quantity > 0)
  .map({ who: t.string(), spent: t.float64() }, purchase => ({
    who: purchase.customer,
    spent: purchase.quantity * purchase.price,
  }))
mapped.keyBy('who')
mapped.flatMap({ word: t.string() }, record => record.who.split(' ').map(word => ({ word }))).keyBy('word')
// @ts-expect-error the old fields are gone
mapped.keyBy('customer')
// @ts-expect-error missing field
stream.map({ who: t.string(), spent: t.float64() }, purchase => ({ who: purchase.customer }))
// @ts-expect-error wrong type
stream.map({ who: t.string() }, purchase => ({ who: purchase.serial }))
// @ts-expect-error a filter answers true or false
stream.filter(purchase => purchase.coupon)
// @ts-expect-error filters are synchronous
stream.filter(async purchase => purchase.quantity > 0)
// @ts-expect-error a flatMap gives several
stream.flatMap({ word: t.string() }, purchase => ({ word: purchase.customer }))

const both = stream.union(job('types').from(returns)).keyBy('customer').apply('both', nothing)
typed(both.sources).is<readonly ('purchases' | 'returns')[]>()
// @ts-expect-error other schema
stream.union(mapped)

// --- operators, sinks, stages
const counted = byCustomer.apply('count', {
  state: { count: value(t.int32(), 0) },
  emits: { customer: t.string(), count: t.int32() },
  onRecord(_purchase, { count }, out) {
    count.set(count.get() + 1)
    out.emit({ customer: out.key, count: count.get() })
  },
})
const whole = counted
  .to('counts')
  .keyBy('count')
  .apply('customers-per-count', {
    state: { customers: value(t.int32(), 0) },
    onRecord(record, { customers }, out) {
      typed(record.customer).is<string>()
      typed(out.key).is<number>()
      customers.set(customers.get() + 1)
      out.emit({ count: out.key, customers: customers.get() })
    },
  })
  .apply('beside', nothing)
  .to('beside')
  .to('elsewhere')
  .from(returns)
  .keyBy('serial')
  .apply('returned', nothing)
typed(whole.sources).is<readonly ('purchases' | 'returns')[]>()
typed(whole.sinks).is<readonly ('counts' | 'beside' | 'elsewhere')[]>()
const joined = counted.to('left').and(byCustomer.apply('other', nothing).to('right'))
typed(joined.sinks).is<readonly ('left' | 'right')[]>()
export const joinedAgain: Job<'purchases', 'left' | 'right' | 'middle'> = joined.and(counted.to('middle'))

// @ts-expect-error an operator without emits can only end in .to
byCustomer.apply('mute', nothing).keyBy('customer')
// @ts-expect-error also after .to
byCustomer.apply('mute', nothing).to('sink').keyBy('customer')
// @ts-expect-error no such field in what is emitted
counted.keyBy('quantity')
// @ts-expect-error a stream is no job
export const unfinished: Job = stream
// @ts-expect-error a keyed stream is no job
export const unapplied: Job = byCustomer
// @ts-expect-error sources come from source(…)
stream.union(job('types').from({ name: 'purchases' }))
// @ts-expect-error unknown option
job('types', { groups: 12 })
export const finished: Job = counted
export const any: Job<string, string> = whole

// --- names in history, log and sinks
declare const history: History
declare const log: Log
declare const sink: Sink
type Whole = typeof whole

/** As `bootstrap` and `run` are typed. */
declare function bootstrap<J extends Job>(job: J, options: { history: HistoryOf<J>; into: string }): void
declare function run<J extends Job>(job: J, options: { log: LogsOf<J>; sinks: SinksOf<J> }): void

assertType<Equal<HistoryOf<Whole>, { readonly purchases: History; readonly returns: History }>>()
assertType<Equal<LogsOf<Whole>, { readonly purchases: Log; readonly returns: Log }>>()
assertType<
  Equal<SinksOf<Whole>, { readonly counts: Sink; readonly beside: Sink; readonly elsewhere: Sink }>
>()
assertType<Equal<HistoryOf<Job>, { readonly [name: string]: History }>>()

export const calls = (): void => {
  bootstrap(whole, { history: { purchases: history, returns: history }, into: 'x' })
  // @ts-expect-error missing source
  bootstrap(whole, { history: { purchases: history }, into: 'x' })
  // @ts-expect-error misspelt source
  bootstrap(counted, { history: { purchase: history }, into: 'x' })
  // @ts-expect-error one too many
  bootstrap(counted, { history: { purchases: history, returns: history }, into: 'x' })
  // @ts-expect-error a log is no history
  bootstrap(counted, { history: { purchases: log }, into: 'x' })
  // @ts-expect-error not a job yet
  bootstrap(byCustomer, { history: { purchases: history }, into: 'x' })

  run(counted.to('totals'), { log: { purchases: log }, sinks: { totals: sink } })
  run(counted, { log: { purchases: log }, sinks: {} })
  // @ts-expect-error misspelt sink
  run(counted.to('totals'), { log: { purchases: log }, sinks: { total: sink } })
  // @ts-expect-error missing sink
  run(counted.to('totals'), { log: { purchases: log }, sinks: {} })
  // @ts-expect-error a sink that the job does not have
  run(counted, { log: { purchases: log }, sinks: { totals: sink } })
  // @ts-expect-error missing source
  run(counted.to('totals'), { log: {}, sinks: { totals: sink } })
  // @ts-expect-error misspelt source
  run(counted.to('totals'), { log: { purchase: log }, sinks: { totals: sink } })
}

/** A key type by itself is not optional. */
export const optionalKey: Type<string | null> = t.optional(t.string())
// @ts-expect-error the function may give null, the key may not
stream.keyBy(optionalKey, purchase => purchase.coupon)
