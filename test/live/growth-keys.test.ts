// Clocks of keys that moved go by message keys, which a topic's log gives only to those who say that they need them.
import { expect } from 'chai'
import { partitionOfKey } from '../../src/codec/partition-of-key.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import type { Log, LogBatch, LogReadOptions } from '../../src/source/log.ts'
import { tempFolders } from '../temp-folder.ts'
import { growthWorld, type Purchase } from './growth-world.ts'
import { entries } from './world.ts'

/** The file log, sparing with keys as a topic's is. */
function sparing(path: string): Log {
  const log = fileLog(path, { pollMs: 20 })
  return {
    describe: () => log.describe(),
    offsetsAt: timeMs => log.offsetsAt(timeMs),
    close: () => log.close(),
    async *read(options: LogReadOptions): AsyncGenerator<LogBatch> {
      const isKeyless = options.needs?.keys === false
      for await (const batch of log.read(options))
        yield isKeyless ? { ...batch, records: batch.records.map(each => ({ ...each, key: null })) } : batch
    },
  }
}

describe('growth of a source that is read by its key', () => {
  const folders = tempFolders()

  it('gives each key the same clock over a log that leaves out what nobody needs', async () => {
    const clocks: unknown[] = []
    for (const log of [fileLog, sparing]) {
      const world = await growthWorld(folders(), 2)
      const purchases = Array.from({ length: 60 }, (_, n): Purchase => {
        const customer = `c${n % 7}`
        return { customer, amount: n, at: n + 1_000_000 * partitionOfKey(customer, 2) }
      })
      const options = (): object => ({ log: { purchases: log(world.log) } })
      await world.append(purchases.slice(0, 20))
      await world.all(1, options())
      await world.grow(2)
      await world.append(purchases.slice(20, 40))
      await world.all(1, { newPartitions: 'earliest', ...options() })
      await world.append(purchases.slice(40))
      await world.all(1, options())
      clocks.push(await entries(await openSavepoint(world.checkpoints), 'spend', 'clock'))
    }
    expect(clocks[1]).to.deep.equal(clocks[0])
  })
})
