/** The data sets with a known answer: which job computes it, and where its rows come from. */
import { fileURLToPath } from 'node:url'
import { flightDelays } from '../../fixtures/jobs/flights.ts'
import { retailTotals } from '../../fixtures/jobs/retail-totals.ts'
import { graphOf, type Job } from '../../src/index.ts'
import { fieldsOf, type Field } from '../../src/record/record.ts'
import { parquetLines } from '../../tools/parquet-lines.ts'
import type { AnswerCase } from './answer-lines.ts'

const retail = fileURLToPath(new URL('../../fixtures/online-retail/', import.meta.url))
export const flightsFile: string = fileURLToPath(
  new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url),
)

export const retailTotalsCase: AnswerCase = {
  id: 'retail-customer-totals',
  job: 'retail-totals.ts',
  logKey: 'CustomerID',
  partitions: 4,
  uid: 'customer-totals',
  states: ['lines', 'quantity', 'invoices', 'last'],
  lineOf: (key, { lines, quantity, invoices, last }) => [key, lines, quantity, invoices, last].join('|'),
}

export const retailDedupCase: AnswerCase = {
  id: 'retail-dedup-exact-lines',
  job: 'retail-dedup.ts',
  logKey: 'InvoiceNo',
  partitions: 4,
  uid: 'first-line',
  states: ['first'],
  lineOf: (_, { first }) => String(first),
}

export const flightsCase: AnswerCase = {
  id: 'flights-keyed-running-state',
  job: 'flights.ts',
  logKey: 'origin',
  partitions: 4,
  uid: 'delays',
  states: ['flights', 'total', 'least', 'most', 'last'],
  lineOf: (key, { flights, total, least, most, last }) => [key, flights, total, least, most, last].join('|'),
}

/** Lines of online retail in the order of their numbers: all months, or those of a pattern like `2010-12` or `2011-0*`. */
export function retailLines(months: string = '*'): AsyncIterable<string> {
  return parquetLines(retailFiles(months), fieldsOfOnlySource(retailTotals), 'seq')
}

/** Their files, as a pattern. */
export function retailFiles(months: string): string {
  return `${retail}month=${months}/*.parquet`
}

/** Lines of all flights. */
export function flightLines(): AsyncIterable<string> {
  return parquetLines(flightsFile, fieldsOfOnlySource(flightDelays))
}

function fieldsOfOnlySource(job: Job): readonly Field[] {
  return fieldsOf(graphOf(job).sources[0]!.schema)
}
