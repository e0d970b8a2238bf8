/** A small positioned history of orders for tests of the bounded driver, written as Parquet, and its state read back. */
import { join } from 'node:path'
import { job, source, t, value, type Job } from 'headwater'
import { valueReader } from '../../src/codec/column-reader.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { writeRows } from '../../src/source/parquet/rows-writer.ts'
import type { BadRecords } from 'headwater'
import type { Field } from '../../src/record/record.ts'

export interface Order {
  readonly customer: string | null
  readonly amount: number | null
  readonly at: number | null
  readonly _partition?: number
  readonly _offset?: number
}

const fields: readonly Field[] = [
  { name: 'customer', type: { kind: 'optional', of: { kind: 'string' } } },
  { name: 'amount', type: { kind: 'optional', of: { kind: 'int32' } } },
  { name: 'at', type: { kind: 'optional', of: { kind: 'timestamp', unit: 'ms' } } },
]
const positions: readonly Field[] = [
  { name: '_partition', type: { kind: 'int32' } },
  { name: '_offset', type: { kind: 'safeInt64' } },
]

/** Writes orders; with position columns when the first one has a position. */
export async function writeOrders(folder: string, name: string, orders: readonly Order[]): Promise<void> {
  const positioned = orders[0]?._partition !== undefined
  await writeRows(join(folder, name), positioned ? [...fields, ...positions] : fields, orders as never)
}

/** How the orders' source is declared in a test. */
export interface OrdersOptions {
  readonly badRecords?: BadRecords
  readonly outOfOrdernessMs?: number
  readonly maxEventTimeMs?: number
  readonly partitionedByKey?: boolean
}

/** Per customer the sum, and the amounts in the order in which they were applied, with the clock each one saw. */
export function ordersJob(options: OrdersOptions = {}): Job<'orders'> {
  const orders = source('orders', {
    schema: { customer: t.string(), amount: t.int32(), at: t.timestamp('ms') },
    eventTime: 'at',
    ...options,
  })
  return job('orders')
    .from(orders)
    .keyBy('customer')
    .apply('per-customer', {
      state: { sum: value(t.safeInt64(), 0), seen: value(t.string(), '') },
      onRecord(order, { sum, seen }, out) {
        sum.set(sum.get() + order.amount)
        seen.set(`${seen.get()} ${order.amount}@${out.watermark}`.trim())
      },
    })
}

/** Key → value of a value state. */
export async function valuesOf(
  savepoint: Savepoint,
  uid: string,
  state: string,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {}
  for await (const rows of scanState(savepoint, uid, state)) {
    const keys = rows.keys.map(valueReader)
    const read = valueReader(rows.value)
    for (let row = 0; row < rows.length; row++)
      values[keys.map(key => String(key(row))).join('/')] = read(row)
  }
  return values
}
