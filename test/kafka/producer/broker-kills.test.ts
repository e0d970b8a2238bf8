/** What producers do while their broker is killed, frozen and restarted; judged by the Java client. */
import { expect } from 'chai'
import { shortSession, startBroker, type Broker } from '../../../tools/kafka/broker.ts'
import { openIdempotentProducer } from '../../../src/kafka/producer/idempotent-producer.ts'
import { messageBytes } from '../../../src/kafka/record-batch-writer.ts'
import type { OutMessage } from '../../../src/record/out-message.ts'
import { newLineage, numbered, partsFor, placeFor, pointer, valuesIn } from './producing.ts'

const partitions = 4
/** More than a restart takes, wherever it is. */
const unavailableAfterMs = 110_000

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('producers of a broker that dies', () => {
  let broker: Broker
  let brokers: string
  let topics = 0

  before(async () => {
    broker = await startBroker({ settings: shortSession })
    brokers = broker.addresses.plaintext
  })

  after(() => broker.stop())

  const newTopic = async (): Promise<string> => {
    const topic = `kills-${topics++}`
    await broker.admin.createTopic(topic, partitions)
    return topic
  }

  const expectAll = async (topic: string, prefixes: readonly string[], count: number): Promise<void> => {
    const found = await valuesIn(broker.admin, topic, partitions)
    for (let partition = 0; partition < partitions; partition++) {
      const expected = prefixes.flatMap(prefix =>
        numbered(prefix, count, partitions)
          .filter(each => each.partition === partition)
          .map(({ value }) => Buffer.from(value!).toString()),
      )
      expect(found[partition], `partition ${partition}`).to.deep.equal(expected)
    }
  }

  it('write every message once and in order, over SIGKILL in the middle', async () => {
    const topic = await newTopic()
    const warnings: string[] = []
    const settings = { batchBytes: 4096, bufferBytes: 64 << 10 }
    const parts = partsFor({ brokers, warnings, settings, unavailableAfterMs })
    const producer = await openIdempotentProducer(parts)
    const rounds = 15
    const prefixes = Array.from({ length: rounds }, (_, round) => `r${round}-`)
    for (const [round, prefix] of prefixes.entries()) {
      const sending = producer.send(topic, numbered(prefix, 2000, partitions))
      if (round === 7) {
        await broker.kill()
        await broker.restart()
      }
      await sending
    }
    await producer.flush()
    await producer.close()
    await parts.cluster.close()
    expect(warnings).not.to.have.length(0)
    expect(warnings.join('\n')).not.to.match(/may be there twice/)
    await expectAll(topic, prefixes, 2000)
  })

  it('commit every transaction once, over SIGKILL at one', async () => {
    const topic = await newTopic()
    const place = placeFor({ brokers, unavailableAfterMs })
    const owner = { lineage: newLineage(), chain: 'main' }
    const open = await place.open(owner)
    const prefixes = Array.from({ length: 6 }, (_, round) => `t${round}-`)
    for (const [round, prefix] of prefixes.entries()) {
      await open.send(topic, numbered(prefix, 2000, partitions))
      const committing = open.commit(pointer(round + 1))
      if (round === 3) {
        await turn()
        await broker.kill()
        await broker.restart()
      }
      await committing
    }
    await place.close()
    await expectAll(topic, prefixes, 2000)
    const next = placeFor({ brokers })
    expect(await next.settle(owner)).to.deep.equal(pointer(6))
    await next.close()
  })

  it('hold back who gives them more than may wait', async () => {
    const topic = await newTopic()
    const bufferBytes = 1 << 20
    const parts = partsFor({ brokers, settings: { bufferBytes } })
    const producer = await openIdempotentProducer(parts)
    await producer.partitionCount(topic)
    await broker.freeze()
    const [messages, size, chunk] = [10_000, 1000, 100]
    const chunkOf = (i: number): OutMessage[] =>
      numbered('', chunk, partitions).map(each => ({ ...each, value: Buffer.alloc(size, i) }))
    const given = { messages: 0 }
    const giving = (async () => {
      for (let i = 0; i < messages; i += chunk) {
        await producer.send(topic, chunkOf(i))
        given.messages += chunk
      }
    })()
    // So many chunks leave room. With the next one all is full, and no broker frees anything.
    const most = chunk * Math.floor((bufferBytes - 1) / (chunk * messageBytes(chunkOf(0)[0]!)))
    while (given.messages < most) await turn()
    for (let i = 0; i < 20; i++) await turn()
    expect(given.messages)
      .to.equal(most)
      .and.to.be.within(chunk, bufferBytes / size)
    broker.thaw()
    await giving
    await producer.flush()
    await producer.close()
    await parts.cluster.close()
    const { partitions: state } = await broker.admin.describeTopic(topic)
    expect(state.map(({ latest }) => latest)).to.deep.equal(state.map(() => messages / partitions))
  })
})
