// A following archiver hears of new partitions also while it is never without something to write.
import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import { fieldsOf } from '../../../src/record/record.ts'
import { followArchive } from '../../../src/source/archive/follow.ts'
import type { Log, LogBatch, LogReadOptions } from '../../../src/source/log.ts'
import { tempFolders } from '../../temp-folder.ts'

describe('archive --follow of a log that is always ahead', () => {
  const tempFolder = tempFolders()

  it('takes in a partition that came while it was writing', async () => {
    const stop = new AbortController()
    let looks = 0
    const log: Log = {
      async describe() {
        const partitions = ++looks < 3 ? [0] : [0, 1]
        await setTimeout(2)
        return {
          id: 'log',
          name: 'busy',
          partitions: partitions.map(partition => ({ partition, earliest: 0, latest: 1_000_000 })),
        }
      },
      async *read({ from, signal }: LogReadOptions): AsyncGenerator<LogBatch> {
        for (let offset = from.get(0) as number; signal?.aborted !== true; offset++) {
          const record = { offset, time: 0, key: null, value: { n: offset }, headers: null }
          yield { partition: 0, records: [record], next: offset + 1 }
        }
      },
      offsetsAt: async () => new Map(),
      close: async () => undefined,
    }
    const seen = new Set<number>()
    let files = 0
    const { next } = await followArchive({
      log,
      to: tempFolder(),
      fields: fieldsOf({ n: t.int32() }),
      rollRecords: 1,
      lookEveryMs: 1,
      signal: stop.signal,
      onFile: async ({ partition }) => {
        seen.add(partition)
        if (++files === 40 || seen.size === 2) stop.abort()
        else await setTimeout(10) // the log answers while a file is written
      },
    })
    expect([...next.keys()]).to.deep.equal([0, 1])
  })
})
