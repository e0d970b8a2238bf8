/** The job that most live tests run: a running total per customer. */
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { value } from '../../src/state/state.ts'
import type { Value } from './world.ts'

export const schema = { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') }

export const purchases = source('purchases', { schema, eventTime: 'at' })

export const retail = job('retail')
  .from(purchases)
  .keyBy('customer')
  .apply('spend', {
    state: { total: value(t.float64(), 0) },
    onRecord(purchase, { total }, out) {
      if (purchase.amount < 0) throw new Error('negative amount')
      total.set(total.get() + purchase.amount)
      out.emit({ customer: out.key, total: total.get() })
    },
  })
  .to('totals')

export function purchase(customer: string, amount: number, at: number = 0): Value {
  return { customer, amount, at }
}
