/** A broker that is killed, frozen, or whose disk is damaged, while its topic is read. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Log } from '../../../src/source/log.ts'
import { shortSession, startBroker, type Broker } from '../../../tools/kafka/broker.ts'
import { rejects } from '../../rejects.ts'
import { all, at, numbers, startReading } from '../../source/log-contract.ts'
import { newTopic } from '../support/shared-broker.ts'
import { readerOf } from './topic-under-test.ts'

/** More than a restart takes, wherever it is. */
const unavailableAfterMs = 110_000

describe('a broker in trouble', () => {
  let broker: Broker
  const open: Log[] = []
  before(async () => {
    broker = await startBroker({ settings: shortSession })
  })
  after(async () => {
    await broker.stop()
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map(log => log.close()))
  })

  async function topicOf(count: number): Promise<string> {
    const topic = await newTopic(broker.admin, 1)
    for (let from = 0; from < count; from += 1000) {
      const piece = numbers(from, Math.min(count, from + 1000))
      await broker.admin.produce(topic, piece.map(value => ({ partition: 0, value: String(value) }))) // prettier-ignore
    }
    return topic
  }

  function reader(topic: string, options: Parameters<typeof readerOf>[2] = {}): Log {
    const log = readerOf(broker, topic, { unavailableAfterMs, ...options })
    open.push(log)
    return log
  }

  const segments = (topic: string): string[] => {
    const folder = join(broker.folder, 'data', `${topic}-0`)
    return readdirSync(folder).map(name => join(folder, name))
  }

  it('killed and started again in the middle of a read: no hole and no double', async () => {
    const topic = await topicOf(5000)
    const log = reader(topic, { fetchBytes: 1, fetchWaitMs: 100 })
    const seen: unknown[] = []
    const texts: string[] = []
    let warned = (): void => undefined
    const inTrouble = new Promise<void>(resolve => (warned = resolve))
    const onWarning = (text: string): void => {
      texts.push(text)
      warned()
    }
    /** Once the reader has missed it. */
    const comeBack = async (): Promise<void> => {
      await inTrouble
      await broker.restart()
      const more = numbers(5000, 6000).map(value => ({ partition: 0, value: String(value) }))
      await broker.admin.produce(topic, more)
    }
    let restarted: Promise<void> | null = null
    const options = { from: at(0, 0), until: at(0, 6000), maxBatchRecords: 100 }
    for await (const { records } of log.read({ ...options, onWarning })) {
      seen.push(...records.map(({ value }) => value))
      if (seen.length < 1000 || restarted !== null) continue
      await broker.kill()
      restarted = comeBack()
    }
    await restarted
    expect(seen).to.deep.equal(numbers(0, 6000))
    expect(texts.join()).to.contain('trying again')
  })

  it('frozen: requests time out, and reading goes on once it thaws', async () => {
    const topic = await topicOf(10)
    const log = reader(topic, { requestTimeoutMs: 700, fetchWaitMs: 100 })
    const texts: string[] = []
    const reading = startReading(log, { from: at(0, 0), onWarning: text => texts.push(text) })
    await reading.next()
    const waiting = reading.next()
    await broker.freeze()
    try {
      while (texts.length === 0) await new Promise(resolve => setTimeout(resolve, 20))
    } finally {
      broker.thaw()
    }
    await broker.admin.produce(topic, [{ partition: 0, value: '10' }])
    const { value } = await waiting
    expect(value?.records.map(record => record.value)).to.deep.equal([10])
    expect(texts[0]).to.contain('timed out')
    await reading.return?.()
  })

  it('a flipped bit on its disk: refused by name, and what lies before is read', async () => {
    const topic = await newTopic(broker.admin, 1)
    for (const value of ['"first"', '"damaged"', '"last"'])
      await broker.admin.produce(topic, [{ partition: 0, value }])
    const path = segments(topic).find(name => name.endsWith('.log')) as string
    const bytes = readFileSync(path)
    const damaged = bytes.indexOf('damaged')
    bytes[damaged] = (bytes[damaged] as number) ^ 1
    writeFileSync(path, bytes)
    const seen: unknown[] = []
    const log = reader(topic)
    const reading = (async () => {
      for await (const { records } of log.read({ from: at(0, 0), until: at(0, 3), maxBatchRecords: 1 })) {
        seen.push(...records.map(({ value }) => value))
      }
    })()
    const error = await rejects(reading, 'data', 'corrupt-batch')
    expect(error.message).to.contain('partition 0 offset 1').and.contain('checksum')
    expect(seen).to.deep.equal(['first'])
    expect(await all(reader(topic), { from: at(0, 2), until: at(0, 3) })).to.have.length(1)
  })

  it('records lost that were read: refused by name', async () => {
    const topic = await topicOf(10)
    const reading = startReading(reader(topic), { from: at(0, 0) })
    await reading.next()
    const failing = rejects(reading.next(), 'data', 'log-lost-records')
    await broker.shutdown()
    for (const path of segments(topic)) if (!path.endsWith('partition.metadata')) rmSync(path)
    await broker.restart()
    const error = await failing
    expect(error.message).to.contain('the records [0, 10) are gone')
  })
})
