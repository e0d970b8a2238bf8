/** Pathway, Quix #1118: several sources resume on one clock, and one idle source does not stall the rest. */
import { expect } from 'chai'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { source } from '../../src/source/declare.ts'
import { t } from '../../src/record/type.ts'
import { value } from '../../src/state/state.ts'
import { begin, lines, runToEnd } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

const schema = { key: t.string(), at: t.timestamp('ms') }
const clocks = (() => {
  const begun = job('clocks')
  return begun
    .from(source('orders', { schema, eventTime: 'at' }))
    .union(begun.from(source('returns', { schema, eventTime: 'at' })))
    .keyBy('key')
    .apply('clock', {
      state: { seen: value(t.int32(), 0) },
      onRecord({ at }, { seen }, out) {
        seen.set(seen.get() + 1)
        out.emit({ at, clock: out.watermark === -Infinity ? null : out.watermark, seen: seen.get() })
      },
    })
    .to('clocks')
})()

/** The failure on logs of that kind. */
export function oneIdleSource(logs: LogKind): void {
  describe(`failure 8: one idle source among several, on ${logs.name}`, () => {
    const folders = tempFolders()

    it('does not stall the others, and all of them resume on the clock that they had', async () => {
      const folder = folders()
      const orders = await logs.worldLog(folder, 'orders', schema, 1)
      const returns = await logs.worldLog(folder, 'returns', schema, 1)
      await begin(clocks, folder)
      const from = join(folder, 'savepoint')
      await orders.append(0, { key: 'x', at: 100 }, { key: 'x', at: 200 })
      await runToEnd(clocks, folder, { from })
      await returns.append(0, { key: 'x', at: 50 })
      await runToEnd(clocks, folder, { from })
      await orders.append(0, { key: 'x', at: 300 }, { key: 'x', at: 400 })
      await runToEnd(clocks, folder, { from })
      await returns.append(0, { key: 'x', at: 350 }, { key: 'x', at: 360 })
      await runToEnd(clocks, folder, { from })
      expect(lines(folder, 'clocks')).to.deep.equal([
        { at: 100, clock: null, seen: 1 },
        { at: 200, clock: 99, seen: 2 },
        { at: 50, clock: 199, seen: 3 }, // the source that never had a record held nobody back
        { at: 300, clock: 199, seen: 4 }, // now it does (its watermark is 49), but a clock never goes back
        { at: 400, clock: 199, seen: 5 },
        { at: 350, clock: 199, seen: 6 },
        { at: 360, clock: 349, seen: 7 },
      ])
    })

    it('waits for nobody in one run either', async () => {
      const folder = folders()
      const orders = await logs.worldLog(folder, 'orders', schema, 1)
      await logs.worldLog(folder, 'returns', schema, 1)
      await begin(clocks, folder)
      await orders.append(0, { key: 'x', at: 100 })
      const stop = new AbortController()
      const onProgress = ({ records }: { records: number }): void => {
        if (records === 1) stop.abort()
      }
      const options = {
        from: join(folder, 'savepoint'),
        untilEnd: false,
        signal: stop.signal,
        onProgress,
        progressEveryMs: 2,
      }
      expect((await runToEnd(clocks, folder, options)).progress.records).to.equal(1)
    })
  })
}
