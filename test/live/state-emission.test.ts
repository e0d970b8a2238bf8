// State that a sink is given once at the switch: with the first checkpoint or not at all.
import { expect } from 'chai'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import type { RunOptions } from '../../src/live/live.ts'
import { t } from '../../src/record/type.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { ndjson } from '../../src/sink/ndjson.ts'
import type { Sink } from '../../src/sink/sink.ts'
import { list, value } from '../../src/state/state.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { purchase, purchases, retail, schema } from './retail.ts'
import { bootstrapFrom, lines, runToEnd, worldLog, type WorldLog } from './world.ts'

const emitState = { totals: 'spend/total' }

describe('state written to a sink at the switch', () => {
  const folders = tempFolders()

  /** A savepoint of ann 3 and bob 5 in `folder/savepoint`; what comes later is live. */
  async function world(of: Job = retail): Promise<{ folder: string; log: WorldLog; from: string }> {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 2)
    await log.append(0, purchase('ann', 1, 1), purchase('ann', 2, 2))
    await log.append(1, purchase('bob', 5, 3))
    await log.archive(2, 1)
    await bootstrapFrom(of, folder)
    await log.append(1, purchase('ann', 4, 4))
    return { folder, log, from: join(folder, 'savepoint') }
  }

  it('comes before the first record, once, whatever is started again', async () => {
    const { folder, log, from } = await world()
    const { savepoint } = await runToEnd(retail, folder, { from, emitState })
    const expected = [
      { customer: 'ann', total: 7 },
      { customer: 'bob', total: 5 },
      { customer: 'ann', total: 3 },
    ]
    expect(lines(folder, 'totals')).to.have.deep.members(expected)
    expect(lines(folder, 'totals').at(-1)).to.deep.equal({ customer: 'ann', total: 7 })
    expect(savepoint.manifest).not.to.have.property('emitting')
    await log.append(0, purchase('bob', 1, 5))
    await runToEnd(retail, folder, { from, emitState })
    expect(lines(folder, 'totals').slice(3)).to.deep.equal([{ customer: 'bob', total: 6 }])
  })

  it('is not written where nobody asked: history is mute', async () => {
    const { folder, from } = await world()
    await runToEnd(retail, folder, { from })
    expect(lines(folder, 'totals')).to.deep.equal([{ customer: 'ann', total: 7 }])
  })

  it('is written again, and counts once, where the run ended before its first checkpoint', async () => {
    const { folder, from } = await world()
    const file = join(folder, 'totals.ndjson')
    const failing: Sink = {
      ...ndjson(file),
      open: async (...of) => {
        const open = await ndjson(file).open(...of)
        let prepared = 0
        return {
          write: records => open.write(records),
          // The first is of the start; by the second the state is in the file.
          prepare: async last => {
            if (++prepared === 2) throw new Error('no disk any more')
            return open.prepare(last)
          },
          committed: () => open.committed(),
          close: () => open.close(),
        }
      },
    }
    const options: Partial<RunOptions<Job>> = { from, emitState }
    const error: unknown = await runToEnd(retail, folder, { ...options, sinks: { totals: failing } }).catch(
      (reason: unknown) => reason,
    )
    expect(String(error)).to.contain('no disk any more')
    expect(lines(folder, 'totals')).to.have.length(2)
    expect((await openSavepoint(join(folder, 'checkpoints'))).manifest).to.deep.include({
      kind: 'start',
      emitting: emitState,
    })
    // Not asked for again: the folder knows.
    await runToEnd(retail, folder)
    expect(lines(folder, 'totals')).to.have.deep.members([
      { customer: 'ann', total: 3 },
      { customer: 'bob', total: 5 },
      { customer: 'ann', total: 7 },
    ])
  })

  it('gives a list element by element', async () => {
    const amounts = job('amounts')
      .from(purchases)
      .keyBy('customer')
      .apply('spend', {
        state: { amount: list(t.float64()) },
        onRecord: (purchase, { amount }) => amount.add(purchase.amount),
      })
      .to('amounts')
    const { folder, from } = await world(amounts)
    await runToEnd(amounts, folder, { from, emitState: { amounts: 'spend/amount' } })
    expect(lines(folder, 'amounts')).to.have.deep.members([
      { customer: 'ann', index: 0, amount: 1 },
      { customer: 'ann', index: 1, amount: 2 },
      { customer: 'bob', index: 0, amount: 5 },
    ])
  })

  it('is refused, and nothing is written, where it can’t be', async () => {
    const declared = job('retail')
      .from(purchases)
      .keyBy('customer')
      .apply('spend', {
        state: { total: value(t.float64(), 0) },
        emits: { customer: t.string(), sum: t.float64() },
        onRecord: (purchase, { total }) => total.set(total.get() + purchase.amount),
      })
      .to('totals')
    const { folder, from } = await world()
    const attempt = (of: Job, more: Partial<RunOptions<Job>>): Promise<unknown> =>
      runToEnd(of, folder, { from, ...more })
    const misfit = await rejects(attempt(declared, { emitState }), 'invalid', 'wrong-emission')
    expect(misfit.message).to.contain('customer string, sum float64')
    expect(misfit.message).to.contain('customer string, total float64')
    await rejects(attempt(retail, { emitState: { other: 'spend/total' } }), 'invalid', 'unknown-sink')
    await rejects(attempt(retail, { emitState: { totals: 'spend/sum' } }), 'invalid', 'unknown-state')
    const ownClock = { index: 0, count: 2 }
    const tasks = await rejects(attempt(retail, { emitState, task: ownClock }), 'invalid', 'not-for-tasks')
    expect(tasks.message).to.contain('a newer value of a key')
    await rejects(openSavepoint(join(folder, 'checkpoints')), 'invalid', 'no-such-file')
  })
})
