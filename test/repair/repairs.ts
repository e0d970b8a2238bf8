/** What tests of repairs share: a savepoint with values and lists, options that give the same files on every run. */
import { expect } from 'chai'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import type { RepairOptions } from '../../src/repair/repair.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { source } from '../../src/source/declare.ts'
import { list, value } from '../../src/state/state.ts'
import { countingClock } from '../savepoint/samples.ts'
import { begin, runToEnd, worldLog } from '../live/world.ts'

export const schema = { customer: t.string(), amount: t.float64() }

/** A total and the list of all amounts, per customer. */
export const ledger = job('ledger')
  .from(source('purchases', { schema }))
  .keyBy('customer')
  .apply('spend', {
    state: { total: value(t.float64(), 0), amounts: list(t.float64()) },
    onRecord({ amount }, { total, amounts }) {
      total.set(total.get() + amount)
      amounts.add(amount)
    },
  })

/** Who and when, fixed; another folder each time. */
export function options(folder: string, into: string): RepairOptions {
  return { into: join(folder, into), clock: countingClock(), actor: { user: 'ann', host: 'desk' } }
}

/** A live job's checkpoints in several layers, after so many purchases of 10 customers, a cent apart. */
export async function ledgerCheckpoints(folder: string, purchases: number): Promise<Savepoint> {
  const log = await worldLog(folder, 'purchases', schema, 1)
  await begin(ledger, folder)
  await log.append(0, ...Array.from({ length: purchases }, (_, n) => ({ customer: `c${n % 10}`, amount: n })))
  const from = join(folder, 'savepoint')
  await runToEnd(ledger, folder, { from, maxBatchRecords: 7, checkpointEveryMs: 0 })
  return openSavepoint(join(folder, 'checkpoints'))
}

/** The savepoint has no findings, and the digest that it names is that of its entries. */
export async function expectSound(savepoint: Savepoint | null): Promise<Savepoint> {
  if (savepoint === null) throw new Error('nothing was written')
  const { findings } = await verifySavepoint(savepoint.folder)
  expect(findings).to.deep.equal([])
  expect(savepoint.manifest.stateDigest).to.equal(await stateDigest(savepoint))
  expect(savepoint.manifest.kind).to.equal('savepoint')
  return savepoint
}
