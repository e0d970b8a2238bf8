import { expect } from 'chai'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { callback } from '../../src/sink/callback.ts'
import { source } from '../../src/source/declare.ts'
import { list, value } from '../../src/state/state.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { purchase, retail, schema } from './retail.ts'
import { begin, bootstrapFrom, entries, foreignHistory, lines, newest, runToEnd, worldLog } from './world.ts'

describe('operators in a live run', () => {
  const folders = tempFolders()

  it('that throw are named with key, source and position, and the last checkpoint is whole', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 2)
    await begin(retail, folder)
    await log.append(1, purchase('ann', 1), purchase('bob', 2), purchase('ann', -4))
    const running = runToEnd(retail, folder, {
      from: join(folder, 'savepoint'),
      maxBatchRecords: 2,
      checkpointEveryMs: 0,
    })
    const error = await rejects(running, 'invalid', 'operator-failed')
    expect(error.message).to.contain('operator spend, key "ann", purchases partition 1 offset 2')
    expect(error.message).to.contain('negative amount')
    const { manifest } = await newest(folder)
    expect([manifest.kind, manifest.sources[0]?.partitions[1]?.next]).to.deep.equal(['checkpoint', 2])
    expect(await entries(await newest(folder), 'spend', 'total')).to.deep.equal({ ann: 1, bob: 2 })
  })

  it('refuse a key in two partitions where the source says that there are none', async () => {
    const folder = folders()
    const partitioned = job('retail')
      .from(source('purchases', { schema, eventTime: 'at', partitionedByKey: true }))
      .keyBy('customer')
      .apply('spend', { state: { total: value(t.float64(), 0) }, onRecord: () => undefined })
    const log = await worldLog(folder, 'purchases', schema, 2)
    await begin(partitioned, folder)
    await log.append(0, purchase('ann', 1), purchase('bob', 1))
    await log.append(1, purchase('cid', 1), purchase('bob', 2))
    const error = await rejects(
      runToEnd(partitioned, folder, { from: join(folder, 'savepoint') }),
      'data',
      'not-partitioned-by-key',
    )
    expect(error.message).to.contain('key bob').and.to.contain('purchases partition')
  })

  /** By hand: how often each amount was the new total of a customer, over two stages. */
  it('of a second stage take what the first emitted, in order, with its clock and time', async () => {
    const folder = folders()
    const begun = job('two')
      .from(source('purchases', { schema, eventTime: 'at' }))
      .keyBy('customer')
      .apply('totals', {
        state: { total: value(t.float64(), 0) },
        emits: { total: t.int32(), who: t.string() },
        onRecord({ amount }, { total }, out) {
          total.set(total.get() + amount)
          out.emit({ total: total.get(), who: out.key })
        },
      })
    const two = begun
      .keyBy('total')
      .apply('who', {
        state: { who: list(t.string()) },
        onRecord({ who: name }, { who }, out) {
          who.add(name)
          out.emit({ total: out.key, who: [...who.get()], time: out.time, watermark: Number(out.watermark) })
        },
      })
      .to('who')
    const log = await worldLog(folder, 'purchases', schema, 1)
    await log.append(0, purchase('ann', 1, 10))
    await foreignHistory(folder, 'purchases', schema, [
      { partition: 0, offset: 0, value: purchase('ann', 1, 10) },
    ])
    await bootstrapFrom(two, folder)
    await log.append(0, purchase('ann', 2, 20), purchase('bob', 3, 15), purchase('cid', 1, 30))
    await runToEnd(two, folder, {
      from: join(folder, 'savepoint'),
      maxResidentKeys: 0,
      checkpointEveryMs: 0,
      maxBatchRecords: 2,
    })
    expect(lines(folder, 'who')).to.deep.equal([
      { total: 3, who: ['ann'], time: 20, watermark: 9 },
      { total: 3, who: ['ann', 'bob'], time: 15, watermark: 19 },
      { total: 1, who: ['ann', 'cid'], time: 30, watermark: 19 },
    ])
  })

  it('of several stages put out to one sink in depth-first order, however records are batched', async () => {
    const outputs: (readonly unknown[])[] = []
    for (const maxBatchRecords of [1, 2, 100]) {
      const folder = folders()
      const first = job('depth')
        .from(source('purchases', { schema, eventTime: 'at' }))
        .keyBy('customer')
        .apply('one', {
          state: {},
          emits: { from: t.string() },
          onRecord: ({ amount }, _, out) => {
            for (let i = 0; i < amount; i++) out.emit({ from: `${out.key}${i}` })
          },
        })
        .to('all')
      const depth = first
        .keyBy('from')
        .apply('two', { state: {}, onRecord: ({ from }, _, out) => out.emit({ from: `then ${from}` }) })
        .to('all')
      const log = await worldLog(folder, 'purchases', schema, 1)
      await begin(depth, folder)
      await log.append(0, purchase('ann', 2), purchase('bob', 1), purchase('cid', 0), purchase('dan', 1))
      const all: unknown[] = []
      await runToEnd(depth, folder, {
        from: join(folder, 'savepoint'),
        maxBatchRecords,
        sinks: { all: callback(records => void all.push(...records.map(({ from }) => from))) },
      })
      outputs.push(all)
    }
    const expected = ['ann0', 'then ann0', 'ann1', 'then ann1', 'bob0', 'then bob0', 'dan0', 'then dan0']
    expect(outputs).to.deep.equal([expected, expected, expected])
  })

  it('count what came too late for its partition, and take it all the same', async () => {
    const folder = folders()
    const lenient = job('late')
      .from(source('purchases', { schema, eventTime: 'at', outOfOrdernessMs: 5 }))
      .keyBy('customer')
      .apply('spend', {
        state: { total: value(t.float64(), 0) },
        onRecord({ amount }, { total }) {
          total.set(total.get() + amount)
        },
      })
    const log = await worldLog(folder, 'purchases', schema, 2)
    await begin(lenient, folder)
    // Watermark of partition 0 after 100: 94. So 95 is in time and 94 is late; partition 1 is another matter.
    await log.append(0, purchase('ann', 1, 100), purchase('ann', 1, 95), purchase('ann', 1, 94))
    await log.append(1, purchase('ann', 1, 3))
    const { savepoint, progress } = await runToEnd(lenient, folder, { from: join(folder, 'savepoint') })
    expect(progress.late).to.equal(1)
    expect(savepoint.manifest.counts.sources[0]).to.deep.include({ rows: 4, late: 1, bad: 0 })
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 4 })
  })

  it('see a slow sink as nothing but time: the run waits for it', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await begin(retail, folder)
    await log.append(0, ...Array.from({ length: 20 }, (_, i) => purchase(`c${i}`, 1)))
    let [open, most, taken] = [0, 0, 0]
    const totals = callback(async records => {
      most = Math.max(most, ++open)
      await new Promise(resolve => setImmediate(resolve))
      taken += records.length
      open--
    })
    await runToEnd(retail, folder, { from: join(folder, 'savepoint'), maxBatchRecords: 3, sinks: { totals } })
    expect([most, taken]).to.deep.equal([1, 20])
  })
})
