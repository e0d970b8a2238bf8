import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { addPartitions, createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { segmentPath } from '../../../src/source/file-log/segment.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { all, at, logContract, numbers, values } from '../log-contract.ts'
import { fileLogUnderTest } from './log-under-test.ts'
import { append, tenRecords } from './ten-records.ts'

describe('file log', () => {
  const tempFolder = tempFolders()
  logContract('file log', partitions => fileLogUnderTest(join(tempFolder(), 'log'), partitions))

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

  it('knows new partitions', async () => {
    const { dir } = await tenRecords(tempFolder)
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
      const { dir } = await tenRecords(tempFolder)
      await rejects(createFileLog(dir, { partitions: 1 }), 'conflict', 'log-exists')
      rmSync(join(dir, 'log.json'))
      await rejects(createFileLog(dir, { partitions: 1 }), 'conflict', 'folder-not-empty')
    })
    it('an impossible position', async () => {
      const { dir } = await tenRecords(tempFolder)
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
