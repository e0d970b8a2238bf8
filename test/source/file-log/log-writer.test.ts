import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock, type Clock } from '../../../src/clock.ts'
import { createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter, type FileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { partitionOfKey } from '../../../src/codec/partition-of-key.ts'
import { startChild, startChildOnFullDisk } from '../../child.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { all, at, numbers, values } from '../log-contract.ts'

describe('file log writer', () => {
  const tempFolder = tempFolders()
  const writers: FileLogWriter[] = []
  afterEach(async () => {
    await Promise.all(writers.splice(0).map(writer => writer.close()))
  })

  async function newLog(options: Partial<Parameters<typeof createFileLog>[1]> = {}): Promise<string> {
    const dir = join(tempFolder(), 'log')
    await createFileLog(dir, { partitions: 1, ...options })
    return dir
  }

  async function openWriter(
    dir: string,
    options?: Parameters<typeof openFileLogWriter>[1],
  ): Promise<FileLogWriter> {
    const writer = await openFileLogWriter(dir, options)
    writers.push(writer)
    return writer
  }

  it('writes the line that the format says', async () => {
    const dir = await newLog({ keyField: 'who' })
    const writer = await openWriter(dir, { clock: { ...systemClock, now: () => 1700000000000 } })
    await writer.append(0, [
      { value: { who: 'ann', n: 1 } },
      { value: null, key: [1, 'ü'], time: null, headers: { trace: 'a"b' } },
      { value: undefined, json: '{ "n": 10000000000000000001, "z": -0 }', key: null, time: 5 },
    ])
    expect(readFileSync(join(dir, 'p0', '00000000000000000000.ndjson'), 'utf8')).to.equal(
      '{"offset":0,"time":1700000000000,"key":"ann","value":{"who":"ann","n":1},"headers":null}\n' +
        '{"offset":1,"time":null,"key":[1,"ü"],"value":null,"headers":{"trace":"a\\"b"}}\n' +
        '{"offset":2,"time":5,"key":null,"value":{ "n": 10000000000000000001, "z": -0 },"headers":null}\n',
    )
  })

  it('begins a new segment when one is full, named by its first offset', async () => {
    const dir = await newLog({ segmentBytes: 200 })
    const writer = await openWriter(dir)
    await writer.append(
      0,
      numbers(0, 20).map(value => ({ value, time: 0 })),
    )
    const segments = readdirSync(join(dir, 'p0')).filter(name => name.endsWith('.ndjson'))
    expect(segments.length).to.be.greaterThan(3)
    for (const name of segments) {
      const lines = readFileSync(join(dir, 'p0', name), 'utf8')
        .trim()
        .split('\n')
      expect((JSON.parse(lines[0]!) as { offset: number }).offset).to.equal(Number(name.slice(0, 20)))
      expect(statSync(join(dir, 'p0', name)).size).to.be.at.most(200 + lines[0]!.length)
    }
    expect(await values(fileLog(dir), { from: at(0, 0), until: at(0, 20) })).to.deep.equal(numbers(0, 20))
  })

  it('rolls only what has records', async () => {
    const dir = await newLog()
    const writer = await openWriter(dir)
    await writer.roll()
    await writer.append(0, [{ value: 0 }])
    await writer.roll()
    await writer.roll()
    const segments = readdirSync(join(dir, 'p0')).filter(name => name.endsWith('.ndjson'))
    expect(segments).to.deep.equal(['00000000000000000000.ndjson', '00000000000000000001.ndjson'])
  })

  it('sends equal keys to one partition, in order, and lets records without a key take turns', async () => {
    const dir = await newLog({ partitions: 3, keyField: 'k' })
    const writer = await openWriter(dir)
    const keys = ['a', 'b', null, 'c', 'a', null, 'd', 7, null]
    await writer.appendByKey(keys.map((k, n) => ({ value: { k, n } })))
    const until = writer.positions()
    const from = new Map([...until.keys()].map(partition => [partition, 0]))
    const placed = (await all(fileLog(dir), { from, until })).flatMap(({ partition, records }) =>
      records.map(({ key, value }) => ({ partition, key, n: (value as { n: number }).n })),
    )
    for (const partition of [0, 1, 2]) {
      const order = placed.filter(record => record.partition === partition).map(record => record.n)
      expect(order).to.deep.equal(order.toSorted((a, b) => a - b))
    }
    const byN = placed.toSorted((a, b) => a.n - b.n)
    const expected = keys.map(key => (key === null ? null : partitionOfKey(key, 3)))
    expect(byN.map(({ key, partition }) => (key === null ? null : partition))).to.deep.equal(expected)
    expect(byN.filter(({ key }) => key === null).map(record => record.partition)).to.deep.equal([0, 1, 2])
  })

  it('keeps the order of calls that were not awaited', async () => {
    const dir = await newLog()
    const writer = await openWriter(dir)
    await Promise.all(numbers(0, 50).map(n => writer.append(0, [{ value: n }])))
    expect(await values(fileLog(dir), { from: at(0, 0), until: at(0, 50) })).to.deep.equal(numbers(0, 50))
  })

  it('refuses what JSON can not say, and appends nothing of that call', async () => {
    const dir = await newLog()
    const writer = await openWriter(dir)
    for (const value of [undefined, Symbol('s'), () => 1, new Date(0)]) {
      await rejects(writer.append(0, [{ value: 'good' }, { value }]), 'data', 'not-json')
    }
    expect((await fileLog(dir).describe()).partitions[0]?.latest).to.equal(0)
  })

  it('writes what has a JSON form in that form, and takes a bigint key by it', async () => {
    const dir = await newLog({ partitions: 5, keyField: 'id' })
    const writer = await openWriter(dir)
    await writer.appendByKey([{ value: { id: 2n ** 60n, x: -0, y: NaN, z: new Uint8Array([1, 2]) } }])
    const partition = partitionOfKey(`${2n ** 60n}`, 5)
    const [batch] = await all(fileLog(dir), { from: at(partition, 0), until: at(partition, 1) })
    expect(batch?.records[0]).to.deep.include({
      key: '1152921504606846976',
      value: { id: '1152921504606846976', x: -0, y: 'NaN', z: 'AQI=' },
    })
  })

  it('refuses partitions that are not there or not its own', async () => {
    const dir = await newLog({ partitions: 2 })
    await rejects(openWriter(dir, { partitions: [2] }), 'invalid', 'no-such-partition')
    const writer = await openWriter(dir, { partitions: [1] })
    await rejects(writer.append(2, []), 'invalid', 'no-such-partition')
    await rejects(writer.append(0, []), 'invalid', 'partition-not-open')
  })

  describe('on a full disk', () => {
    it('keeps the whole lines, cuts off the torn one and says how many are in', async () => {
      const dir = await newLog()
      const child = startChildOnFullDisk(32, new URL('full-disk-child.ts', import.meta.url), dir)
      expect(await child.nextLine()).to.match(/^unavailable append-failed: .* the first \d+ of 100 records/)
      const ends = JSON.parse(await child.nextLine()) as {
        bytes: number
        done: number
        latest: number
        again: number
      }
      await child.kill()
      expect(ends.done).to.be.within(1, 99)
      expect(ends.latest).to.equal(ends.done)
      const text = readFileSync(join(dir, 'p0', '00000000000000000000.ndjson'), 'utf8')
      expect(text.indexOf('"value":"small"')).to.be.within(ends.bytes, ends.bytes + 50) // nothing torn before it
      expect(text.endsWith('"small","headers":null}\n')).to.equal(true)
      expect(ends.again).to.equal(ends.done + 1)
      expect(await values(fileLog(dir), { from: at(0, 0), until: at(0, ends.again) })).to.deep.equal([
        ...numbers(0, ends.done).map(n => `${n}`.repeat(100)),
        'small',
      ])
    })
  })

  describe('lock', () => {
    const claimsIn = (dir: string): string[] =>
      readdirSync(join(dir, 'p0')).filter(name => name.endsWith('.lock'))

    it('lets one writer in, in this process too, until it is closed', async () => {
      const dir = await newLog()
      const first = await openFileLogWriter(dir)
      const error = await rejects(openWriter(dir), 'conflict', 'log-locked')
      expect(error.message).to.contain(`process ${process.pid} on ${hostname()}`)
      await first.close()
      expect(claimsIn(dir)).to.deep.equal([])
      await openWriter(dir)
      expect(claimsIn(dir)).to.have.length(1)
    })

    it('is by partition', async () => {
      const dir = await newLog({ partitions: 2 })
      await openWriter(dir, { partitions: [0] })
      await openWriter(dir, { partitions: [1] })
      await rejects(openWriter(dir), 'conflict', 'log-locked')
    })

    it('never lets two in at once, whatever the number of tries', async () => {
      const dir = await newLog()
      const tries = await Promise.allSettled(numbers(0, 20).map(() => openWriter(dir)))
      expect(tries.filter(({ status }) => status === 'fulfilled').length).to.be.at.most(1)
      await Promise.all(writers.splice(0).map(writer => writer.close()))
      await openWriter(dir)
    })

    it('is not held by a dead process, nor by another process with its number', async () => {
      const dir = await newLog()
      const dead = [
        `writer.${hostname()}.${2 ** 22 + 1}.0-0.x.lock`,
        `writer.${hostname()}.${process.pid}.00000000-1.y.lock`,
      ]
      if (process.platform !== 'linux') dead.pop() // elsewhere only the number is known
      for (const name of dead)
        closeSync(openSync(join(dir, 'p0', name.replaceAll('.lock', '') + '.lock'), 'w'))
      await openWriter(dir)
      expect(claimsIn(dir)).to.have.length(1)
      expect(claimsIn(dir)).to.not.include.members(dead)
    })

    it('of another machine is believed, and says how to get rid of it', async () => {
      const dir = await newLog()
      writeFileSync(join(dir, 'p0', 'writer.elsewhere%2Eorg.1.0-0.x.lock'), '')
      const error = await rejects(openWriter(dir), 'conflict', 'log-locked')
      expect(error.message).to.contain('elsewhere.org').and.to.contain('remove')
    })
  })

  it('killed in the middle: synced records are there, whole and in order, and the next writer goes on', async () => {
    const dir = await newLog({ segmentBytes: 100_000 })
    for (let round = 0; round < 3; round++) {
      const child = startChild(new URL('writer-child.ts', import.meta.url), dir)
      expect(await child.nextLine()).to.equal('open')
      const seen = [await child.nextLine(), await child.nextLine(), ...(await child.kill())]
      const synced = Number(seen.findLast(line => /^synced \d+$/.test(line))?.split(' ')[1])
      const latest = (await fileLog(dir).describe()).partitions[0]!.latest
      expect(latest).to.be.at.least(synced)
      const read = (await values(fileLog(dir), { from: at(0, 0), until: at(0, latest) })) as { n: number }[]
      expect(read.map(value => value.n)).to.deep.equal(numbers(0, latest))
    }
    const writer = await openWriter(dir)
    await writer.append(0, [{ value: 'last' }])
    const end = writer.positions().get(0)!
    expect(await values(fileLog(dir), { from: at(0, end - 1), until: at(0, end) })).to.deep.equal(['last'])
  })

  it('says that a segment can not be written', async () => {
    const dir = await newLog()
    rmSync(join(dir, 'p0', '00000000000000000000.ndjson'))
    mkdirSync(join(dir, 'p0', '00000000000000000000.ndjson'))
    await rejects(openWriter(dir), 'unavailable', 'io')
  })

  it('takes its time from the clock that it is given', async () => {
    const dir = await newLog()
    const clock: Clock = { ...systemClock, now: () => 42 }
    const writer = await openWriter(dir, { clock })
    await writer.append(0, [{ value: 1 }])
    const [batch] = await all(fileLog(dir), { from: at(0, 0), until: at(0, 1) })
    expect(batch?.records[0]?.time).to.equal(42)
  })
})
