/** Declarations: what they infer, and what does not compile. */
import { list, reducing, source, t, value } from '../../src/index.ts'
import type { ListHandle, RecordOf, ReducingHandle, StateDeclaration, ValueHandle } from '../../src/index.ts'
import { assertType, typed, type Equal } from './equal.ts'
import { purchases } from './purchases.ts'

// A source: literal name, fields by their types.
typed(purchases.name).is<'purchases'>()
assertType<
  Equal<
    RecordOf<(typeof purchases)['schema']>,
    {
      readonly customer: string
      readonly quantity: number
      readonly price: number
      readonly coupon: string | null
      readonly receipt: Uint8Array
      readonly serial: bigint
      readonly channel: 'shop' | 'web'
      readonly at: number
    }
  >
>()

const schema = { name: t.string(), at: t.timestamp('ns'), day: t.optional(t.date()) }
source('a', { schema, eventTime: 'at' })
source('a', { schema, eventTime: 'day' })
source('a', { schema })
// @ts-expect-error no such field
source('a', { schema, eventTime: 'when' })
// @ts-expect-error a string is no time
source('a', { schema, eventTime: 'name' })
// @ts-expect-error there must be a schema
source('a', { eventTime: 'at' })
// @ts-expect-error a schema is made of types
source('a', { schema: { name: 'string' } })
// @ts-expect-error misspelt option
source('a', { schema, eventtime: 'at' })
// @ts-expect-error not a policy
source('a', { schema, badRecords: 'ignore' })
// @ts-expect-error not a unit
t.timestamp('s')
// @ts-expect-error an enum has values
t.enum()

// State: what a handle answers before anything was set.
const handle = <H>(_state: StateDeclaration<H>): H => undefined as H

const zero = handle(value(t.float64(), 0))
typed(zero.get()).is<number>()

const unset = handle(value(t.float64()))
typed(unset).is<ValueHandle<number, undefined>>()
typed(unset.get()).is<number | undefined>()

const nothing = handle(value(t.optional(t.string()), null))
typed(nothing.get()).is<string | null>()

const channel = handle(value(t.enum('shop', 'web'), 'shop'))
typed(channel.get()).is<'shop' | 'web'>()

const serials = handle(list(t.int64()))
typed(serials).is<ListHandle<bigint>>()
typed(serials.get()).is<readonly bigint[]>()

const total = handle(reducing(t.int64(), (sum, next) => sum + next, 0n))
typed(total.get()).is<bigint>()
const largest = handle(reducing(t.float64(), Math.max))
typed(largest).is<ReducingHandle<number, undefined>>()

// @ts-expect-error the initial value is of the type
value(t.float64(), '0')
// @ts-expect-error a bigint is no number
value(t.float64(), 0n)
// @ts-expect-error null only where it is optional
value(t.string(), null)
// @ts-expect-error not one of the values
value(t.enum('shop', 'web'), 'phone')
// @ts-expect-error the result is of the type too
reducing(t.float64(), (a, b) => `${a + b}`)
// @ts-expect-error the elements are read-only
serials.get().push(1n)
