import { expect } from 'chai'
import { LogFeed } from '../../src/live/log-feed.ts'
import type { LogBatch } from '../../src/source/log.ts'

const batch = (offset: number): LogBatch => ({
  partition: 0,
  next: offset + 1,
  records: [{ offset, time: null, key: null, value: null, headers: null }],
})

/** Batches from `first` on, for ever; counts how many were asked for. */
function endless(asked: { count: number }): AsyncIterable<LogBatch> {
  return {
    async *[Symbol.asyncIterator]() {
      for (let offset = 0; ; offset++) {
        asked.count++
        yield batch(offset)
      }
    },
  }
}

/** A log that says nothing until it is closed. */
function silent(closed: { done: boolean }): AsyncIterable<LogBatch> {
  let end: () => void = () => undefined
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(resolve => (end = () => resolve({ done: true, value: undefined }))),
      return: async () => {
        closed.done = true
        end()
        return { done: true, value: undefined }
      },
    }),
  }
}

const tick = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('log feed', () => {
  it('lets sources take turns, whoever is faster', async () => {
    const logs = new Map([
      ['a', endless({ count: 0 })],
      ['b', endless({ count: 0 })],
    ])
    const feed = new LogFeed(logs)
    const taken: Record<string, number> = { a: 0, b: 0 }
    for (let i = 0; i < 100; i++) {
      const { source } = (await feed.next())!
      taken[source] = (taken[source] as number) + 1
    }
    expect(taken['a']).to.be.within(40, 60)
    await feed.close()
  })

  it('reads one batch ahead and no more', async () => {
    const asked = { count: 0 }
    const feed = new LogFeed(new Map([['a', endless(asked)]]))
    for (let i = 0; i < 5; i++) await tick()
    expect(asked.count).to.equal(1)
    await feed.next()
    for (let i = 0; i < 5; i++) await tick()
    expect(asked.count).to.equal(2)
    await feed.close()
  })

  it('keeps a failure until it is asked for, behind what came before it', async () => {
    async function* failing(): AsyncGenerator<LogBatch> {
      yield batch(0)
      throw new Error('the log is away')
    }
    const feed = new LogFeed(new Map([['a', failing()]]))
    expect((await feed.next())?.batch.next).to.equal(1)
    for (let i = 0; i < 5; i++) await tick()
    expect(await feed.next().catch((error: unknown) => error)).to.have.property('message', 'the log is away')
    await feed.close()
  })

  it('answers null when it is woken while nothing comes, and ends a silent log', async () => {
    const closed = { done: false }
    const feed = new LogFeed(new Map([['a', silent(closed)]]))
    const waiting = feed.next()
    feed.wake()
    expect(await waiting).to.equal(null)
    expect(feed.ended).to.equal(false)
    await feed.close()
    expect(closed.done).to.equal(true)
  })

  it('has ended when all logs have and everything was taken', async () => {
    async function* short(): AsyncGenerator<LogBatch> {
      yield batch(0)
    }
    const feed = new LogFeed(
      new Map([
        ['a', short()],
        ['b', short()],
      ]),
    )
    expect([await feed.next(), await feed.next()].every(arrival => arrival !== null)).to.equal(true)
    expect(await feed.next()).to.equal(null)
    expect(feed.ended).to.equal(true)
  })
})
