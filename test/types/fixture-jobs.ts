/** The program of the README infers what it promises. */
import { retail } from '../../fixtures/jobs/retail.ts'
import type { HistoryOf, Job, SinksOf } from '../../src/index.ts'
import type { Sink } from '../../src/sink/sink.ts'
import type { History } from '../../src/source/history.ts'
import { assertType, typed, type Equal } from './equal.ts'

export const job: Job<'purchases', 'totals'> = retail
typed(retail.sources).is<readonly 'purchases'[]>()
typed(retail.sinks).is<readonly 'totals'[]>()
assertType<Equal<HistoryOf<typeof retail>, { readonly purchases: History }>>()
assertType<Equal<SinksOf<typeof retail>, { readonly totals: Sink }>>()
