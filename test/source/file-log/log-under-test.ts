/** A file log for the contract suite. */
import { rm } from 'node:fs/promises'
import { createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { trimLog } from '../../../src/source/file-log/trim.ts'
import type { LogUnderTest } from '../log-contract.ts'

/** Makes one in `dir`. Each append begins a new segment, so that trimming can be exact. */
export async function fileLogUnderTest(dir: string, partitions: number): Promise<LogUnderTest> {
  await createFileLog(dir, { partitions })
  return {
    reader: () => fileLog(dir),
    append: async (partition, values, times) => {
      const writer = await openFileLogWriter(dir, { partitions: [partition] })
      await writer.roll()
      await writer.append(
        partition,
        values.map((value, i) => ({ value, ...(times && { time: times[i] as number }) })),
      )
      await writer.close()
    },
    trim: async (partition, earliest) => {
      await trimLog(dir, { positions: new Map([[partition, earliest]]) })
    },
    recreate: async () => {
      await rm(dir, { recursive: true })
      await createFileLog(dir, { partitions })
    },
  }
}
