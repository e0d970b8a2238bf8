import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { trimLog } from '../../../src/source/file-log/trim.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { at, numbers, values } from '../log-contract.ts'

describe('trim', () => {
  const tempFolder = tempFolders()

  /** Two partitions of segments [0, 10), [10, 20), [20, 30); record n has time 100 · n, unless told otherwise. */
  async function segmentedLog(timeOf: (n: number) => number | null = n => 100 * n): Promise<string> {
    const dir = join(tempFolder(), 'log')
    await createFileLog(dir, { partitions: 2 })
    const writer = await openFileLogWriter(dir)
    for (let from = 0; from < 30; from += 10) {
      await writer.roll()
      for (const partition of [0, 1]) {
        await writer.append(
          partition,
          numbers(from, from + 10).map(n => ({ value: n, time: timeOf(n) })),
        )
      }
    }
    await writer.close()
    return dir
  }

  async function earliest(dir: string): Promise<number[]> {
    return (await fileLog(dir).describe()).partitions.map(partition => partition.earliest)
  }

  for (const [position, expected] of [
    [0, 0],
    [9, 0],
    [10, 10],
    [19, 10],
    [20, 20],
    [30, 20],
    [1000, 20],
  ] as const) {
    it(`below position ${position} leaves what is from ${expected} on`, async () => {
      const dir = await segmentedLog()
      const [first, second] = await trimLog(dir, { positions: at(0, position) })
      expect(first).to.deep.equal({
        partition: 0,
        earliest: expected,
        deletedSegments: expected / 10,
        deletedRecords: expected,
      })
      expect(second).to.deep.equal({ partition: 1, earliest: 0, deletedSegments: 0, deletedRecords: 0 })
      expect(await earliest(dir)).to.deep.equal([expected, 0])
      const rest = await values(fileLog(dir), { from: at(0, expected), until: at(0, 30) })
      expect(rest).to.deep.equal(numbers(expected, 30))
    })
  }

  for (const [timeMs, expected] of [
    [900, 0], // record 9 is at 900, not before it
    [901, 10],
    [1901, 20],
    [1e9, 20],
  ] as const) {
    it(`before time ${timeMs} leaves what is from ${expected} on`, async () => {
      const dir = await segmentedLog()
      await trimLog(dir, { timeMs })
      expect(await earliest(dir)).to.deep.equal([expected, expected])
    })
  }

  it('by time goes by every record of a segment, since times may be out of order', async () => {
    const dir = await segmentedLog(n => (n === 3 ? 1e9 : 100 * n))
    await trimLog(dir, { timeMs: 1e8 })
    expect(await earliest(dir)).to.deep.equal([0, 0])
  })

  it('by time keeps records of no known time', async () => {
    const dir = await segmentedLog(n => (n === 13 ? null : 100 * n))
    await trimLog(dir, { timeMs: 1e8 })
    expect(await earliest(dir)).to.deep.equal([10, 10])
  })

  it('leaves the next offset: a trimmed log goes on where it was', async () => {
    const dir = await segmentedLog()
    const writer = await openFileLogWriter(dir)
    await writer.roll()
    await trimLog(dir, { positions: writer.positions() })
    expect(readdirSync(join(dir, 'p0')).filter(name => name.endsWith('.ndjson'))).to.have.length(1)
    await writer.append(0, [{ value: 'next' }])
    await writer.close()
    expect((await fileLog(dir).describe()).partitions[0]).to.deep.equal({
      partition: 0,
      earliest: 30,
      latest: 31,
    })
    expect(await values(fileLog(dir), { from: at(0, 30), until: at(0, 31) })).to.deep.equal(['next'])
  })

  it('refuses a folder that is no log', async () => {
    await rejects(trimLog(tempFolder(), { timeMs: 0 }), 'invalid', 'no-such-log')
  })
})
