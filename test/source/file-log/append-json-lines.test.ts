import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock } from '../../../src/clock.ts'
import { appendJsonLines, type AppendOptions } from '../../../src/source/file-log/append-json-lines.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { partitionOfKey } from '../../../src/codec/partition-of-key.ts'
import { showLog } from '../../../src/source/file-log/show-log.ts'
import type { LogRecord } from '../../../src/source/log.ts'
import { readLog, type ReadLogOptions } from '../../../src/source/read-log.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { at, numbers } from '../log-contract.ts'

describe('append JSON lines', () => {
  const tempFolder = tempFolders()
  const newFolder = (): string => join(tempFolder(), 'log')

  async function recordsOf(
    dir: string,
    options?: ReadLogOptions,
  ): Promise<(LogRecord & { partition: number })[]> {
    const records: (LogRecord & { partition: number })[] = []
    for await (const batch of readLog(fileLog(dir), options)) {
      records.push(...batch.records.map(record => ({ ...record, partition: batch.partition })))
    }
    return records
  }

  it('makes the log, counts, and keeps each line as it stands', async () => {
    const dir = newFolder()
    const clock = { ...systemClock, now: () => 7 }
    const report = await appendJsonLines(dir, lines('{"a":-0}', '', '  [1, 2] ', 'null', '"\u2028"\r'), {
      clock,
    })
    expect(report).to.deep.equal({ records: 4, positions: at(0, 4), created: true })
    const records = await recordsOf(dir)
    expect(records.map(record => record.value)).to.deep.equal([{ a: -0 }, [1, 2], null, '\u2028'])
    expect(records.map(record => record.time)).to.deep.equal([7, 7, 7, 7])
  })

  it('goes on behind what is there', async () => {
    const dir = newFolder()
    await appendJsonLines(dir, lines('1', '2'))
    const report = await appendJsonLines(dir, lines('3'))
    expect(report).to.deep.equal({ records: 1, positions: at(0, 3), created: false })
    expect((await recordsOf(dir)).map(record => record.value)).to.deep.equal([1, 2, 3])
  })

  it('takes key and time from fields, and the partition from the key', async () => {
    const dir = newFolder()
    const options: AppendOptions = { partitions: 4, keyField: 'who', timeField: 'at' }
    const given = ['ann', 'bob', 'cid', null, 7].map((who, i) => ({
      who,
      at: i === 1 ? '1970-01-01T00:00:01Z' : i,
    }))
    await appendJsonLines(dir, lines(...given.map(value => JSON.stringify(value))), options)
    const records = await recordsOf(dir)
    expect(records).to.have.length(5)
    for (const { partition, key, time, value } of records) {
      const { who, at: given } = value as { who: unknown; at: unknown }
      expect(key).to.equal(who)
      expect(time).to.equal(typeof given === 'string' ? 1000 : given)
      if (key !== null) expect(partition).to.equal(partitionOfKey(key, 4))
    }
  })

  it('can put all into one partition, and roll at the end', async () => {
    const dir = newFolder()
    await appendJsonLines(dir, lines('1', '2'), { partitions: 2, partition: 1, roll: true })
    const { partitions } = await showLog(dir)
    expect(partitions.map(({ earliest, latest }) => [earliest, latest])).to.deep.equal([
      [0, 0],
      [0, 2],
    ])
    expect(partitions[1]?.segments.map(({ first, bytes }) => [first, bytes > 0])).to.deep.equal([
      [0, true],
      [2, false],
    ])
  })

  for (const [what, line, code, options] of [
    ['no JSON', '{"a":', 'bad-json-line', {}],
    ['two values', '1 2', 'bad-json-line', {}],
    ['no time', '{"a":1}', 'bad-time', { timeField: 'at' }],
    ['a time that is none', '{"at":"yesterday"}', 'bad-time', { timeField: 'at' }],
  ] as const) {
    it(`stops at a line with ${what}, names it and keeps those before it`, async () => {
      const dir = newFolder()
      const good = '{"at":1}'
      const error = await rejects(
        appendJsonLines(dir, lines(good, '', good, line, good), options),
        'data',
        code,
      )
      expect(error.thing).to.match(/^line 4/)
      expect(error.message).to.contain('2 records')
      expect(await recordsOf(dir)).to.have.length(2)
    })
  }

  it('refuses a log that is another than was asked for', async () => {
    const dir = newFolder()
    await appendJsonLines(dir, lines('{}'), { partitions: 2, keyField: 'a' })
    await rejects(appendJsonLines(dir, lines('{}'), { partitions: 3 }), 'conflict', 'log-differs')
    await rejects(appendJsonLines(dir, lines('{}'), { keyField: 'b' }), 'conflict', 'log-differs')
    await appendJsonLines(dir, lines('{}'), { partitions: 2, keyField: 'a' })
  })

  it('reports progress in records', async () => {
    const seen: number[] = []
    await appendJsonLines(newFolder(), lines(...numbers(0, 5000).map(String)), {
      progress: n => seen.push(n),
    })
    expect(seen.at(-1)).to.equal(5000)
    expect(seen.length).to.be.at.least(2)
  })

  describe('read', () => {
    it('goes to the end of now, from positions, up to a limit', async () => {
      const dir = newFolder()
      await appendJsonLines(dir, lines(...numbers(0, 10).map(String)))
      const read = async (options: ReadLogOptions): Promise<unknown[]> =>
        (await recordsOf(dir, options)).map(record => record.value)
      expect(await read({})).to.deep.equal(numbers(0, 10))
      expect(await read({ from: at(0, 7) })).to.deep.equal([7, 8, 9])
      expect(await read({ from: at(0, 7), until: at(0, 9) })).to.deep.equal([7, 8])
      expect(await read({ limit: 3 })).to.deep.equal([0, 1, 2])
      expect(await read({ limit: 0 })).to.deep.equal([])
      expect(await read({ follow: true, limit: 10 })).to.deep.equal(numbers(0, 10))
    })
  })

  describe('show', () => {
    it('gives what the log is, its segments and its writer', async () => {
      const dir = newFolder()
      const clock = { ...systemClock, now: () => 5, randomId: () => 'the-id' }
      await appendJsonLines(dir, lines('1'), { keyField: 'k', segmentBytes: 1000, clock })
      const writer = await openFileLogWriter(dir)
      const { partitions, ...log } = await showLog(dir)
      await writer.close()
      expect(log).to.deep.equal({
        name: `file:${dir}`,
        id: 'the-id',
        createdMs: 5,
        schema: null,
        keyField: 'k',
        segmentBytes: 1000,
      })
      expect(partitions[0]).to.include({ partition: 0, earliest: 0, latest: 1 })
      expect(partitions[0]?.writer).to.contain(`process ${process.pid} on`)
      expect((await showLog(dir)).partitions[0]?.writer).to.equal(null)
    })
  })
})

async function* lines(...list: readonly string[]): AsyncGenerator<string, void, undefined> {
  yield* list
}
