/** The whole way: a bug put wrong totals into 137 keys of a live job; they are found, repaired, and the job goes on. */
import { expect } from 'chai'
import { appendFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { edit } from '../../src/repair/edit.ts'
import { editsFrom } from '../../src/repair/edits.ts'
import { diff } from '../../src/savepoint/diff/diff.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { source } from '../../src/source/declare.ts'
import { value } from '../../src/state/state.ts'
import { bootstrapFrom, entries, lines, newest, runToEnd, worldLog, begin } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'
import { differenceJson } from '../../src/cli/diff-lines.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'

/** A line of `diff --json`. */
interface ChangeLine {
  readonly key: string
  readonly uid: string
  readonly state: string
  readonly fields: readonly [{ readonly before: number; readonly after: number }]
}

const schema = { customer: t.string(), amount: t.int32() }
const customers = 400

/** The bug: what is above 1000 is counted twice. */
function spend(count: (amount: number) => number) {
  return job('spend')
    .from(source('purchases', { schema }))
    .keyBy('customer')
    .apply('spend', {
      state: { total: value(t.float64(), 0) },
      onRecord({ amount }, { total }, out) {
        total.set(total.get() + count(amount))
        out.emit({ customer: out.key, total: total.get() })
      },
    })
    .to('totals')
}
const wrong = spend(amount => (amount > 1000 ? amount * 2 : amount))
const right = spend(amount => amount)

/** Purchases `from` to `end`; of 137 customers the third one is above 1000. */
function purchases(from: number, end: number) {
  return Array.from({ length: end - from }, (_, i) => {
    const n = from + i
    const who = n % customers
    return { customer: `c${who}`, amount: who < 137 && n >= 2 * customers ? 1001 + who : 1 + who }
  })
}

function totals(count: number): Record<string, number> {
  const all: Record<string, number> = {}
  for (const { customer, amount } of purchases(0, count)) all[customer] = (all[customer] ?? 0) + amount
  return all
}

describe('a repair from end to end', () => {
  const folders = tempFolders()

  it('finds exactly the 137 keys with wrong totals, repairs them, and the job goes on exactly once', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 2)
    const append = (from: number, end: number) => log.append(0, ...purchases(from, end))
    await begin(wrong, folder)
    await append(0, 3 * customers)
    await runToEnd(wrong, folder, {
      from: join(folder, 'savepoint'),
      maxBatchRecords: 100,
      checkpointEveryMs: 0,
    })
    const emitted = lines(folder, 'totals')

    // The bug is found, the job stopped. A savepoint is rebuilt by the corrected job, at the same positions.
    await log.archive(3 * customers, 0)
    const rebuilt = await bootstrapFrom(right, folder, 'rebuilt')
    const stopped = await newest(folder)
    expect(rebuilt.manifest.sources[0]?.partitions.map(({ next }) => next)).to.deep.equal([3 * customers, 0])

    const file = join(folder, 'edits.ndjson')
    const changed: string[] = []
    for await (const difference of diff(stopped, rebuilt)) {
      if (difference.kind === 'context' || difference.kind === 'state') continue
      const { key, uid, state, fields } = JSON.parse(differenceJson(difference)) as ChangeLine
      const [{ before, after }] = fields
      changed.push(key)
      appendFileSync(file, `${JSON.stringify({ key, uid, state, set: after, expect: before })}\n`)
    }
    expect(changed.sort()).to.deep.equal(Array.from({ length: 137 }, (_, i) => `c${i}`).sort())

    const input = await open(file)
    const into = join(folder, 'repaired')
    const { changes, savepoint } = await edit(stopped, editsFrom(input.readLines(), file), { into })
    expect(changes).to.have.length(137)
    const { sound, findings } = await verifySavepoint(into)
    expect(sound, JSON.stringify(findings)).to.equal(true)
    expect(await entries(savepoint!, 'spend', 'total')).to.deep.equal(
      await entries(rebuilt, 'spend', 'total'),
    )

    // The corrected job goes on from there: every later record once, in the state and in what it emits.
    await append(3 * customers, 4 * customers)
    await runToEnd(right, folder, { from: into, checkpoints: join(folder, 'checkpoints-2') })
    const last = await openSavepoint(join(folder, 'checkpoints-2'))
    expect(await entries(last, 'spend', 'total')).to.deep.equal(totals(4 * customers))
    const all = lines(folder, 'totals')
    expect(all.slice(0, emitted.length)).to.deep.equal(emitted)
    const ends = totals(4 * customers)
    const later = purchases(3 * customers, 4 * customers).map(({ customer }) => ({
      customer,
      total: ends[customer],
    }))
    expect(all.slice(emitted.length)).to.deep.equal(later)
    expect(last.manifest.audit?.map(({ command }) => command)).to.deep.equal(['edit'])
  })
})
