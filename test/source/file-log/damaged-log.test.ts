// What is wrong with the files of a log, and what a crash may leave in them.
import { appendFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { segmentPath } from '../../../src/source/file-log/segment.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { at, values } from '../log-contract.ts'
import { tenRecords } from './ten-records.ts'

describe('file log', () => {
  const tempFolder = tempFolders()

  describe('a torn last line', () => {
    it('is ignored until it is completed', async () => {
      const { dir, segment } = await tenRecords(tempFolder)
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
      const { dir, segment } = await tenRecords(tempFolder)
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
        const { dir, segment } = await tenRecords(tempFolder)
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
      const { dir, segment } = await tenRecords(tempFolder)
      truncateSync(segment(3), readFileSync(segment(3)).lastIndexOf(10, -2) + 1)
      const error = await rejects(values(fileLog(dir), { from: at(0, 0), until: at(0, 10) }), 'data', 'gap')
      expect(error.message).to.contain('[5, 6)')
    })

    it('a segment that overlaps the one before it', async () => {
      const { dir, segment } = await tenRecords(tempFolder)
      renameSync(segment(6), segment(5))
      const reading = values(fileLog(dir), { from: at(0, 0), until: at(0, 10) })
      const error = await rejects(reading, 'data', 'bad-record')
      expect(error.thing).to.contain('00000000000000000005')
    })

    it('a segment that vanished from the middle', async () => {
      const { dir, segment } = await tenRecords(tempFolder)
      rmSync(segment(3))
      const error = await rejects(values(fileLog(dir), { from: at(0, 0), until: at(0, 10) }), 'data', 'gap')
      expect(error.message).to.contain('[3, 6)')
    })
  })
})
