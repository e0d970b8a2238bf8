import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock, type Clock } from '../../../src/clock.ts'
import { addPartitions, createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { segmentPath } from '../../../src/source/file-log/segment.ts'
import { trimLog } from '../../../src/source/file-log/trim.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { all, at, logContract, numbers, startReading, values } from '../log-contract.ts'
import { fileLogUnderTest } from './log-under-test.ts'

describe('file log', () => {
  const tempFolder = tempFolders()
  logContract('file log', partitions => fileLogUnderTest(join(tempFolder(), 'log'), partitions))

  /** A log of one partition, [0, 10) in segments of 3 records at most. */
  async function tenRecords(): Promise<{ dir: string; segment: (first: number) => string }> {
    const dir = join(tempFolder(), 'log')
    await createFileLog(dir, { partitions: 1 })
    for (let from = 0; from < 10; from += 3) await append(dir, numbers(from, Math.min(10, from + 3)))
    return { dir, segment: first => segmentPath(join(dir, 'p0'), first) }
  }

  async function append(dir: string, list: readonly unknown[]): Promise<void> {
    const writer = await openFileLogWriter(dir)
    await writer.roll()
    await writer.append(
      0,
      list.map(value => ({ value })),
    )
    await writer.close()
  }

  describe('a torn last line', () => {
    it('is ignored until it is completed', async () => {
      const { dir, segment } = await tenRecords()
      const line = '{"offset":10,"time":null,"key":null,"value":"ten","headers":null}\n'
      appendFileSync(segment(9), line.slice(0, 40))
      const reader = fileLog(dir)
      expect((await reader.describe()).partitions[0]).to.include({ earliest: 0, latest: 10 })
      const reading = values(reader, { from: at(0, 9), until: at(0, 11) })
      await fileLog(dir).describe()
      appendFileSync(segment(9), line.slice(40))
      expect(await reading).to.deep.equal([9, 'ten'])
    })

    it('is cut off by the next writer', async () => {
      const { dir, segment } = await tenRecords()
      const whole = readFileSync(segment(9), 'utf8')
      appendFileSync(segment(9), '{"offset":10,"time"')
      const writer = await openFileLogWriter(dir)
      expect(writer.positions()).to.deep.equal(at(0, 10))
      expect(readFileSync(segment(9), 'utf8')).to.equal(whole)
      await writer.append(0, [{ value: 'ten', time: null }])
      await writer.close()
      expect(await values(fileLog(dir), { from: at(0, 9), until: at(0, 11) })).to.deep.equal([9, 'ten'])
    })

    it('as the only line of a segment leaves the segment empty', async () => {
      const dir = join(tempFolder(), 'log')
      await createFileLog(dir, { partitions: 1 })
      writeFileSync(segmentPath(join(dir, 'p0'), 0), '{"off')
      expect((await fileLog(dir).describe()).partitions).to.deep.equal([
        { partition: 0, earliest: 0, latest: 0 },
      ])
    })
  })

  describe('records of no known time', () => {
    it('are at or past no instant', async () => {
      const dir = join(tempFolder(), 'log')
      await createFileLog(dir, { partitions: 1 })
      const writer = await openFileLogWriter(dir)
      await writer.append(
        0,
        [null, 1000, null, 2000].map(time => ({ value: 'x', time })),
      )
      await writer.close()
      const reader = fileLog(dir)
      expect(await reader.offsetsAt(0)).to.deep.equal(at(0, 1))
      expect(await reader.offsetsAt(1001)).to.deep.equal(at(0, 3))
    })
  })

  describe('lines longer than what is read at once', () => {
    it('are read whole, located and appended behind', async () => {
      const dir = join(tempFolder(), 'log')
      await createFileLog(dir, { partitions: 1 })
      const list = ['a', 'x'.repeat(1_500_000), 'b', 'y'.repeat(700_000), 'c']
      const writer = await openFileLogWriter(dir)
      await writer.append(
        0,
        list.map(value => ({ value })),
      )
      await writer.close()
      for (const from of numbers(0, 5)) {
        const read = await values(fileLog(dir), { from: at(0, from), until: at(0, 5) })
        expect(read).to.deep.equal(list.slice(from))
      }
      await append(dir, ['d'])
      expect((await fileLog(dir).describe()).partitions[0]?.latest).to.equal(6)
    })
  })

  it('finds any position in a large segment', async () => {
    const dir = join(tempFolder(), 'log')
    await createFileLog(dir, { partitions: 1 })
    const writer = await openFileLogWriter(dir)
    await writer.append(
      0,
      numbers(0, 30_000).map(value => ({ value: { value, text: 'ü'.repeat(value % 50) } })),
    )
    await writer.close()
    for (const from of [1, 2999, 12_345, 20_000, 29_999]) {
      const [batch] = await all(fileLog(dir), { from: at(0, from), until: at(0, from + 1) })
      expect(batch?.records.map(record => record.offset)).to.deep.equal([from])
    }
  })

  describe('damage is an error that names file and line', () => {
    const damage: Record<string, (text: string) => string | Buffer> = {
      'no JSON': text => text.replace('"value":4', '"value":'),
      'another offset': text => text.replace('"offset":4', '"offset":5'),
      'no value': text => text.replace('"value":4,', ''),
      'two records on a line': text => text.replace('}\n{', '},{'),
      'an empty line': text => text.replace('\n', '\n\n'),
      'not UTF-8': text => Buffer.from(text.replace('"value":4', '"value":"\u00ff"'), 'latin1'),
    }
    for (const [what, change] of Object.entries(damage)) {
      it(what, async () => {
        const { dir, segment } = await tenRecords()
        writeFileSync(segment(3), change(readFileSync(segment(3), 'utf8')))
        const error = await rejects(
          values(fileLog(dir), { from: at(0, 0), until: at(0, 10) }),
          'data',
          'bad-record',
        )
        expect(error.thing).to.match(/00000000000000000003\.ndjson line [12]$/)
      })
    }

    it('a segment that lost its end', async () => {
      const { dir, segment } = await tenRecords()
      truncateSync(segment(3), readFileSync(segment(3)).lastIndexOf(10, -2) + 1)
      const error = await rejects(values(fileLog(dir), { from: at(0, 0), until: at(0, 10) }), 'data', 'gap')
      expect(error.message).to.contain('[5, 6)')
    })

    it('a segment that overlaps the one before it', async () => {
      const { dir, segment } = await tenRecords()
      renameSync(segment(6), segment(5))
      const reading = values(fileLog(dir), { from: at(0, 0), until: at(0, 10) })
      const error = await rejects(reading, 'data', 'bad-record')
      expect(error.thing).to.contain('00000000000000000005')
    })

    it('a segment that vanished from the middle', async () => {
      const { dir, segment } = await tenRecords()
      rmSync(segment(3))
      const error = await rejects(values(fileLog(dir), { from: at(0, 0), until: at(0, 10) }), 'data', 'gap')
      expect(error.message).to.contain('[3, 6)')
    })
  })

  describe('what happens to a log while it is read', () => {
    /** A reader that has read record 9, the last one, and waits for 10; looks by itself every 5 ms. */
    async function waitingAtEnd(dir: string): Promise<{ readonly next: Promise<unknown> }> {
      const reading = startReading(fileLog(dir, { pollMs: 5 }), { from: at(0, 9) })
      await reading.next()
      return { next: reading.next() }
    }

    it('trimmed past the reader: a gap, named', async () => {
      const { dir } = await tenRecords()
      const reading = startReading(fileLog(dir), { from: at(0, 0), until: at(0, 10) })
      await reading.next()
      await trimLog(dir, { positions: at(0, 9) })
      const error = await rejects(reading.next(), 'data', 'gap')
      expect(error.message).to.contain('[3, 9)')
    })

    it('trimmed behind the reader: nothing', async () => {
      const { dir } = await tenRecords()
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
      const { dir, segment } = await tenRecords()
      const { next } = await waitingAtEnd(dir)
      rmSync(segment(9))
      await rejects(next, 'unavailable', 'segment-lost')
    })

    it('newest segment cut under a waiting reader', async () => {
      const { dir, segment } = await tenRecords()
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
      const { dir } = await tenRecords()
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
      const { dir } = await tenRecords()
      const { clock, waits, poll } = steppedClock()
      const reading = all(fileLog(dir, { clock }), { from: at(0, 10) })
      await waits
      renameSync(dir, `${dir}-old`)
      poll()
      await rejects(reading, 'unavailable', 'log-vanished')
    })

    it('written by a busy writer that rolls at each record: nothing is missed', async () => {
      const { dir } = await tenRecords()
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
    const { dir } = await tenRecords()
    const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => untilAborted(signal) }
    const reading = values(fileLog(dir, { clock }), { from: at(0, 10), until: at(0, 12) })
    await systemClock.sleep(20)
    await append(dir, ['a'])
    await append(dir, ['b'])
    expect(await reading).to.deep.equal(['a', 'b'])
  })

  it('knows new partitions', async () => {
    const { dir } = await tenRecords()
    await addPartitions(dir, 2)
    const latest = (await fileLog(dir).describe()).partitions.map(({ partition, latest: end }) => [
      partition,
      end,
    ])
    expect(latest).to.deep.equal([
      [0, 10],
      [1, 0],
      [2, 0],
    ])
    await append(dir, ['more'])
  })

  describe('refuses', () => {
    it('a folder that is no log', async () => {
      await rejects(fileLog(tempFolder()).describe(), 'invalid', 'no-such-log')
    })
    for (const content of ['', '[]', '{"format":"other"}', '{"format":"headwater-file-log","version":2}']) {
      it(`a log.json of ${content === '' ? 'nothing' : content}`, async () => {
        const dir = tempFolder()
        writeFileSync(join(dir, 'log.json'), content)
        await rejects(fileLog(dir).describe(), 'data', 'bad-log-file')
      })
    }
    it('to make a log where there is one, or where other records are', async () => {
      const { dir } = await tenRecords()
      await rejects(createFileLog(dir, { partitions: 1 }), 'conflict', 'log-exists')
      rmSync(join(dir, 'log.json'))
      await rejects(createFileLog(dir, { partitions: 1 }), 'conflict', 'folder-not-empty')
    })
    it('an impossible position', async () => {
      const { dir } = await tenRecords()
      for (const offset of [-1, 0.5, NaN, 2 ** 53]) {
        await rejects(all(fileLog(dir), { from: at(0, offset) }), 'invalid', 'bad-position')
      }
    })
  })

  it('takes up a creation that was killed half-way', async () => {
    const dir = join(tempFolder(), 'log')
    mkdirSync(join(dir, 'p0'), { recursive: true })
    writeFileSync(segmentPath(join(dir, 'p0'), 0), '')
    await createFileLog(dir, { partitions: 2 })
    await append(dir, ['a'])
    expect(await values(fileLog(dir), { from: at(0, 0), until: at(0, 1) })).to.deep.equal(['a'])
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
