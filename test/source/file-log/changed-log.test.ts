// What happens to a log while it is read.
import { renameSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock, type Clock } from '../../../src/clock.ts'
import { createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { trimLog } from '../../../src/source/file-log/trim.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { all, at, numbers, startReading, values } from '../log-contract.ts'
import { append, tenRecords } from './ten-records.ts'

describe('file log', () => {
  const tempFolder = tempFolders()

  describe('what happens to a log while it is read', () => {
    /** A reader that has read record 9, the last one, and waits for 10; looks by itself every 5 ms. */
    async function waitingAtEnd(dir: string): Promise<{ readonly next: Promise<unknown> }> {
      const reading = startReading(fileLog(dir, { pollMs: 5 }), { from: at(0, 9) })
      await reading.next()
      return { next: reading.next() }
    }

    it('trimmed past the reader: a gap, named', async () => {
      const { dir } = await tenRecords(tempFolder)
      const reading = startReading(fileLog(dir), { from: at(0, 0), until: at(0, 10) })
      await reading.next()
      await trimLog(dir, { positions: at(0, 9) })
      const error = await rejects(reading.next(), 'data', 'gap')
      expect(error.message).to.contain('[3, 9)')
    })

    it('trimmed behind the reader: nothing', async () => {
      const { dir } = await tenRecords(tempFolder)
      const reading = startReading(fileLog(dir), { from: at(0, 6), until: at(0, 10) })
      await reading.next()
      await trimLog(dir, { positions: at(0, 9) })
      const { value } = (await reading.next()) as IteratorYieldResult<{
        records: readonly { value: unknown }[]
      }>
      expect(value.records.map(record => record.value)).to.deep.equal([9])
      await reading.return?.()
    })

    it('newest segment deleted under a waiting reader', async () => {
      const { dir, segment } = await tenRecords(tempFolder)
      const { next } = await waitingAtEnd(dir)
      rmSync(segment(9))
      await rejects(next, 'unavailable', 'segment-lost')
    })

    it('newest segment cut under a waiting reader', async () => {
      const { dir, segment } = await tenRecords(tempFolder)
      const { next } = await waitingAtEnd(dir)
      truncateSync(segment(9), 5)
      await rejects(next, 'unavailable', 'segment-lost')
    })

    /** A clock that tells when the reader waits, and ends its pauses when told. */
    function steppedClock(): { clock: Clock; waits: Promise<void>; poll: () => void } {
      const [waits, wait] = promise()
      const [polls, poll] = promise()
      const sleep = (): Promise<void> => {
        wait()
        return polls
      }
      return { clock: { ...systemClock, sleep }, waits, poll }
    }

    it('made again under a waiting reader', async () => {
      const { dir } = await tenRecords(tempFolder)
      const other = join(tempFolder(), 'other')
      await createFileLog(other, { partitions: 1 })
      const { clock, waits, poll } = steppedClock()
      const reading = all(fileLog(dir, { clock }), { from: at(0, 10) })
      await waits
      renameSync(dir, `${dir}-old`)
      renameSync(other, dir)
      poll()
      await rejects(reading, 'data', 'log-recreated')
    })

    it('removed under a waiting reader', async () => {
      const { dir } = await tenRecords(tempFolder)
      const { clock, waits, poll } = steppedClock()
      const reading = all(fileLog(dir, { clock }), { from: at(0, 10) })
      await waits
      renameSync(dir, `${dir}-old`)
      poll()
      await rejects(reading, 'unavailable', 'log-vanished')
    })

    it('written by a busy writer that rolls at each record: nothing is missed', async () => {
      const { dir } = await tenRecords(tempFolder)
      const reading = values(fileLog(dir), { from: at(0, 0), until: at(0, 300) })
      const writer = await openFileLogWriter(dir)
      for (const value of numbers(10, 300)) {
        await writer.append(0, [{ value }])
        await writer.roll()
      }
      await writer.close()
      expect(await reading).to.deep.equal(numbers(0, 300))
    })
  })

  it('wakes a waiting reader by notice, long before the poll', async () => {
    const { dir } = await tenRecords(tempFolder)
    const [waits, wait] = promise()
    const sleep = (_ms: number, signal?: AbortSignal): Promise<void> => {
      wait()
      return untilAborted(signal)
    }
    const clock = { ...systemClock, sleep }
    const reading = values(fileLog(dir, { clock }), { from: at(0, 10), until: at(0, 12) })
    await waits
    await append(dir, ['a'])
    await append(dir, ['b'])
    expect(await reading).to.deep.equal(['a', 'b'])
  })
})

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    signal?.addEventListener('abort', () => {
      resolve()
    })
  })
}

/** A promise and what resolves it. */
function promise(): [Promise<void>, () => void] {
  let resolve = (): void => undefined
  const made = new Promise<void>(done => {
    resolve = done
  })
  return [made, () => resolve()]
}
