/** What every log must do. A suite per implementation runs it: the file log now, others as they come. */
import { expect } from 'chai'
import type { Log, LogBatch, LogReadOptions } from '../../src/source/log.ts'
import { rejects } from '../rejects.ts'

/** One log under test, with what a test needs to do to it from outside. */
export interface LogUnderTest {
  /** A new reader. */
  reader(): Log
  /** Appends one record a value, key null, in order; `times`: the log time of each in milliseconds, else the log's own. */
  append(partition: number, values: readonly unknown[], times?: readonly number[]): Promise<void>
  /** Makes `earliest` the first record still there; only called with ends of former `append` calls. */
  trim(partition: number, earliest: number): Promise<void>
  /** Deletes the log and makes an empty one with as many partitions in its place. */
  recreate(): Promise<void>
}

/** Runs the contract on logs that `create` makes empty; each test closes its readers. */
export function logContract(name: string, create: (partitions: number) => Promise<LogUnderTest>): void {
  describe(`${name} as a log`, () => {
    const open: Log[] = []
    const openReader = (log: LogUnderTest): Log => {
      const reader = log.reader()
      open.push(reader)
      return reader
    }
    afterEach(async () => {
      await Promise.all(open.splice(0).map(reader => reader.close()))
    })

    describe('describe', () => {
      it('gives every partition, empty ones too', async () => {
        const log = await create(2)
        await log.append(1, ['a', 'b'])
        const { partitions } = await openReader(log).describe()
        expect(partitions).to.deep.equal([
          { partition: 0, earliest: 0, latest: 0 },
          { partition: 1, earliest: 0, latest: 2 },
        ])
      })

      it('gives the same id each time, and another one after the log was made again', async () => {
        const log = await create(1)
        const before = await openReader(log).describe()
        await log.append(0, ['a'])
        expect((await openReader(log).describe()).id).to.equal(before.id)
        await log.recreate()
        expect((await openReader(log).describe()).id).to.not.equal(before.id)
      })

      it('gives the first record still there', async () => {
        const log = await create(1)
        await log.append(0, ['a', 'b', 'c'])
        await log.append(0, ['d', 'e'])
        await log.trim(0, 3)
        const { partitions } = await openReader(log).describe()
        expect(partitions).to.deep.equal([{ partition: 0, earliest: 3, latest: 5 }])
      })
    })

    describe('offsetsAt', () => {
      it('gives of each partition the first record at or past the instant', async () => {
        const log = await create(3)
        await log.append(0, ['a', 'b', 'c'], [1000, 2000, 3000])
        await log.append(0, ['d'], [4000])
        await log.append(1, ['e', 'f', 'g', 'h'], [1999, 2000, 2000, 2001])
        const reader = openReader(log)
        expect(await reader.offsetsAt(0)).to.deep.equal(positions(0, 0, 0))
        expect(await reader.offsetsAt(2000)).to.deep.equal(positions(1, 1, 0))
        expect(await reader.offsetsAt(2001)).to.deep.equal(positions(2, 3, 0))
        expect(await reader.offsetsAt(3001)).to.deep.equal(positions(3, 4, 0))
        expect(await reader.offsetsAt(4000)).to.deep.equal(positions(3, 4, 0))
      })

      it('gives the end where there is none, so that what comes later is at or above', async () => {
        const log = await create(1)
        await log.append(0, ['a', 'b'], [1000, 2000])
        const reader = openReader(log)
        expect(await reader.offsetsAt(2001)).to.deep.equal(positions(2))
        await log.append(0, ['c'], [2001])
        expect(await reader.offsetsAt(2001)).to.deep.equal(positions(2))
      })

      it('goes by the smallest offset where times are out of order', async () => {
        const log = await create(1)
        await log.append(0, ['a', 'b', 'c', 'd', 'e'], [3000, 1000, 5000, 2000, 4000])
        await log.append(0, ['f', 'g'], [1000, 6000])
        const found: number[] = []
        for (const time of [1000, 3000, 3001, 5000, 5001, 6000, 6001]) {
          found.push((await openReader(log).offsetsAt(time)).get(0) as number)
        }
        expect(found).to.deep.equal([0, 0, 2, 2, 6, 6, 7])
      })

      it('knows only what is still there', async () => {
        const log = await create(1)
        await log.append(0, ['a', 'b'], [5000, 1000])
        await log.append(0, ['c', 'd'], [2000, 3000])
        await log.trim(0, 2)
        expect(await openReader(log).offsetsAt(1000)).to.deep.equal(positions(2))
        expect(await openReader(log).offsetsAt(2500)).to.deep.equal(positions(3))
        expect(await openReader(log).offsetsAt(5000)).to.deep.equal(positions(4))
      })

      it('refuses what is no instant', async () => {
        const log = await create(1)
        for (const time of [-1, 1.5, NaN, Infinity])
          await rejects(openReader(log).offsetsAt(time), 'invalid', 'bad-time')
      })
    })

    describe('read', () => {
      it('starts at the position, which is included, and stops before `until`', async () => {
        const log = await create(1)
        await log.append(0, numbers(0, 10))
        expect(await values(openReader(log), { from: at(0, 3), until: at(0, 7) })).to.deep.equal([3, 4, 5, 6])
      })

      it('reads only the partitions that are asked for', async () => {
        const log = await create(3)
        for (const partition of [0, 1, 2]) await log.append(partition, [partition])
        expect(await values(openReader(log), { from: at(1, 0), until: at(1, 1) })).to.deep.equal([1])
      })

      it('ends at once where there is nothing below `until`', async () => {
        const log = await create(1)
        await log.append(0, ['a'])
        expect(await values(openReader(log), { from: at(0, 1), until: at(0, 1) })).to.deep.equal([])
      })

      it('gives offsets in order without repeats, and positions behind each batch', async () => {
        const log = await create(1)
        await log.append(0, numbers(0, 1000))
        const options = { from: at(0, 0), until: at(0, 1000), maxBatchRecords: 64 }
        const batches = await all(openReader(log), options)
        expect(batches.flatMap(batch => batch.records.map(record => record.offset))).to.deep.equal(
          numbers(0, 1000),
        )
        for (const { records, next } of batches) {
          expect(records.length).to.be.within(1, 64)
          expect(next).to.equal(records.at(-1)!.offset + 1)
        }
      })

      it('lets partitions take turns', async () => {
        const log = await create(2)
        await log.append(0, numbers(0, 300))
        await log.append(1, numbers(0, 300))
        const from = new Map([
          [0, 0],
          [1, 0],
        ])
        const until = new Map([
          [0, 300],
          [1, 300],
        ])
        const order = (await all(openReader(log), { from, until, maxBatchRecords: 100 })).map(
          batch => batch.partition,
        )
        expect(order.slice(0, 4).toSorted((a, b) => a - b)).to.deep.equal([0, 0, 1, 1])
        expect(order.filter(partition => partition === 0).length).to.be.at.least(3)
      })

      it('gives values back as they were appended', async () => {
        const log = await create(1)
        const given = [
          { a: 1.5, b: null, c: 'ü\u2028\n"😀' },
          [],
          'text',
          0,
          false,
          null,
          { deep: { er: [1] } },
        ]
        await log.append(0, given)
        expect(await values(openReader(log), { from: at(0, 0), until: at(0, given.length) })).to.deep.equal(
          given,
        )
      })

      it('waits at the end, then delivers what is appended', async () => {
        const log = await create(1)
        await log.append(0, ['before'])
        const reading = startReading(openReader(log), { from: at(0, 1) })
        const pending = reading.next()
        await openReader(log).describe() // gives the reader time to reach the end
        await log.append(0, ['after'])
        const { value } = (await pending) as IteratorYieldResult<LogBatch>
        expect(value.records.map(record => [record.offset, record.value])).to.deep.equal([[1, 'after']])
        await reading.return?.()
      })

      it('waits for a position beyond the end', async () => {
        const log = await create(1)
        const reading = values(openReader(log), { from: at(0, 2), until: at(0, 4) })
        for (const value of numbers(0, 4)) await log.append(0, [value])
        expect(await reading).to.deep.equal([2, 3])
      })

      it('ends quietly when its signal aborts while it waits', async () => {
        const log = await create(1)
        await log.append(0, ['a'])
        const abort = new AbortController()
        const seen: unknown[] = []
        for await (const batch of openReader(log).read({ from: at(0, 0), signal: abort.signal })) {
          seen.push(...batch.records.map(record => record.value))
          queueMicrotask(() => {
            abort.abort()
          })
        }
        expect(seen).to.deep.equal(['a'])
      })

      it('ends when the log is closed', async () => {
        const log = await create(1)
        const reader = log.reader()
        const reading = values(reader, { from: at(0, 0) })
        await reader.close()
        expect(await reading).to.deep.equal([])
      })

      it('serves several readers at their own positions', async () => {
        const log = await create(1)
        await log.append(0, numbers(0, 200))
        const readers = [0, 50, 199].map(from =>
          values(openReader(log), { from: at(0, from), until: at(0, 200) }),
        )
        expect((await Promise.all(readers)).map(list => list.length)).to.deep.equal([200, 150, 1])
      })

      it('fails below the earliest record, naming what is missing', async () => {
        const log = await create(1)
        await log.append(0, numbers(0, 5))
        await log.append(0, numbers(5, 9))
        await log.trim(0, 5)
        const error = await rejects(all(openReader(log), { from: at(0, 2), until: at(0, 9) }), 'data', 'gap')
        expect(error.message).to.contain('[2, 5)')
      })

      it('fails when the log that was described is another one by now', async () => {
        const log = await create(1)
        await log.append(0, ['old'])
        const reader = openReader(log)
        await reader.describe()
        await log.recreate()
        await log.append(0, ['new'])
        await rejects(all(reader, { from: at(0, 0), until: at(0, 1) }), 'data', 'log-recreated')
      })

      it('refuses a partition that is not there', async () => {
        const log = await create(1)
        await rejects(
          all(openReader(log), { from: at(1, 0), until: at(1, 1) }),
          'invalid',
          'no-such-partition',
        )
      })
    })
  })
}

/** The positions of one partition. */
export function at(partition: number, offset: number): ReadonlyMap<number, number> {
  return new Map([[partition, offset]])
}

/** The positions of partitions 0, 1, 2 … */
export function positions(...offsets: readonly number[]): ReadonlyMap<number, number> {
  return new Map(offsets.entries())
}

/** Whole numbers [from, to). */
export function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

/** A read to be stepped through. */
export function startReading(log: Log, options: LogReadOptions): AsyncIterator<LogBatch, undefined> {
  return log.read(options)[Symbol.asyncIterator]() as AsyncIterator<LogBatch, undefined>
}

/** All batches of a read. */
export async function all(log: Log, options: LogReadOptions): Promise<LogBatch[]> {
  const batches: LogBatch[] = []
  for await (const batch of log.read(options)) batches.push(batch)
  return batches
}

/** All values of a read. */
export async function values(log: Log, options: LogReadOptions): Promise<unknown[]> {
  return (await all(log, options)).flatMap(batch => batch.records.map(record => record.value))
}
