/** Estuary #5143 and Feldera 2499efeb4: a record that came after "latest" was looked up, or before the first fetch, was lost. */
import { join } from 'node:path'
import { expect } from 'chai'
import type { PartitionPositions } from '../../src/record/position.ts'
import type { Log } from '../../src/source/log.ts'
import { startReading } from '../source/log-contract.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function latestOnIdlePartition(logs: LogKind): void {
  describe(`failure 2: start at latest on an idle partition, on ${logs.name}`, () => {
    const tempFolder = tempFolders()

    for (const history of [[], ['old']]) {
      it(`stop, append one, start again: it is read (${history.length} records before)`, async () => {
        const log = await logs.underTest(join(tempFolder(), 'log'), 1)
        if (history.length > 0) await log.append(0, history)
        const first = log.reader()
        const from = new Map(
          (await first.describe()).partitions.map(({ partition, latest }) => [partition, latest]),
        )
        const idle = startReading(first, { from }).next()
        await first.close()
        expect((await idle).done).to.equal(true)

        await log.append(0, ['while stopped'])
        expect(await firstValues(log.reader(), from)).to.deep.equal(['while stopped'])
      })
    }

    it('appended between opening and the first fetch: it is read', async () => {
      const log = await logs.underTest(join(tempFolder(), 'log'), 1)
      const reader = log.reader()
      const from = new Map(
        (await reader.describe()).partitions.map(({ partition, latest }) => [partition, latest]),
      )
      await log.append(0, ['in between'])
      expect(await firstValues(reader, from)).to.deep.equal(['in between'])
    })
  })
}

async function firstValues(log: Log, from: PartitionPositions): Promise<unknown[]> {
  const reading = startReading(log, { from })
  const { value } = await reading.next()
  await reading.return?.()
  await log.close()
  return value?.records.map(record => record.value) ?? []
}
