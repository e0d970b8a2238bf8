/** Pathway: a static read of a topic returned zero rows where the assignment of partitions came late. */
import { join } from 'node:path'
import { expect } from 'chai'
import { readLog } from '../../src/source/read-log.ts'
import { numbers } from '../source/log-contract.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function staticReadReturnsAll(logs: LogKind): void {
  describe(`failure 15: a static read returns all records, on ${logs.name}`, () => {
    const tempFolder = tempFolders()

    it('of every partition, at once, with empty and large ones among them', async () => {
      const log = await logs.underTest(join(tempFolder(), 'log'), 4)
      const sizes = [0, 1, 7000, 20]
      for (const [partition, size] of sizes.entries())
        if (size > 0) await log.append(partition, numbers(0, size))
      const counts = [0, 0, 0, 0]
      const reader = log.reader()
      for await (const { partition, records } of readLog(reader)) counts[partition]! += records.length
      await reader.close()
      expect(counts).to.deep.equal(sizes)
    })
  })
}
