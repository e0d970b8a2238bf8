/** What brokers refuse, and what is said of it. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { users } from '../../../tools/kafka/broker.ts'
import { openIdempotentProducer } from '../../../src/kafka/producer/idempotent-producer.ts'
import type { KafkaTransactionOptions } from '../../../src/sink/kafka/transactions.ts'
import { rejects } from '../../rejects.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { message, newLineage, numbered, partsFor, placeFor, pointer, valuesIn } from './producing.ts'

const { admin, addresses, tls } = sharedBroker()
const stranger: KafkaTransactionOptions = {
  brokers: addresses.saslPlaintext,
  sasl: { mechanism: 'PLAIN', username: 'stranger', password: users.stranger },
}

describe('a producer that may not', () => {
  it('create the topic of pointers is told the command', async () => {
    const pointers = `pointers-${newLineage()}`
    await admin.grant('stranger', 'TOPIC', pointers, ['DESCRIBE'])
    const place = placeFor({ ...stranger, pointers })
    const error = await rejects(place.identify(), 'invalid', 'pointers-missing')
    await place.close()
    expect(error.message).to.match(/TOPIC_AUTHORIZATION_FAILED/)
    const command = `kafka-topics --bootstrap-server ${addresses.saslPlaintext} --create --topic ${pointers} --partitions 1 --config cleanup.policy=compact`
    expect(error.remedy).to.include(command)
  })

  it('see the topic of pointers is told so', async () => {
    const pointers = await newTopic(admin, 1, { 'cleanup.policy': 'compact' })
    const place = placeFor({ ...stranger, pointers })
    await rejects(place.identify(), 'invalid', 'not-authorised')
    await place.close()
  })

  it('use its transactional id, write the topic or the pointers is told which', async () => {
    const pointers = await newTopic(admin, 1, { 'cleanup.policy': 'compact' })
    const topic = await newTopic(admin, 2)
    const owner = { lineage: newLineage(), chain: 'main' }
    const id = `headwater-${owner.lineage}-main`
    await admin.grant('stranger', 'TOPIC', pointers, ['DESCRIBE', 'READ'])
    await admin.grant('stranger', 'TOPIC', topic, ['DESCRIBE'])

    const warnings: string[] = []
    const noId = placeFor({ ...stranger, pointers }, warnings)
    const first = await rejects(noId.settle(owner), 'invalid', 'not-authorised')
    expect(first.message).to.match(/transactional id headwater-.*TRANSACTIONAL_ID_AUTHORIZATION_FAILED/)
    await rejects(noId.open(owner), 'invalid', 'not-authorised')
    expect(warnings.join('\n')).to.match(/may not see its settings/)

    await admin.grant('stranger', 'TRANSACTIONAL_ID', id, ['WRITE', 'DESCRIBE'])
    const noTopic = await noId.open(owner)
    const second = await rejects(
      noTopic.send(topic, numbered('a', 10, 2)).then(() => noTopic.commit(pointer(1))),
      'invalid',
      'not-authorised',
    )
    expect(second.message).to.include(`topic ${topic} partition`)
    await noTopic.close()

    await admin.grant('stranger', 'TOPIC', topic, ['WRITE'])
    const noPointers = await noId.open(owner)
    await noPointers.send(topic, numbered('b', 10, 2))
    const third = await rejects(noPointers.commit(pointer(1)), 'invalid', 'not-authorised')
    expect(third.message).to.include(`topic ${pointers} partition 0`)
    await noPointers.close()

    await admin.grant('stranger', 'TOPIC', pointers, ['WRITE'])
    const may = await noId.open(owner)
    await may.send(topic, numbered('c', 10, 2))
    await may.commit(pointer(1))
    await noId.close()
    expect((await valuesIn(admin, topic, 2)).flat()).to.have.members(
      numbered('c', 10, 2).map(({ value }) => Buffer.from(value!).toString()),
    )
  })

  it('write without transactions is told so', async () => {
    const topic = await newTopic(admin, 1)
    await admin.grant('stranger', 'TOPIC', topic, ['DESCRIBE'])
    const parts = partsFor(stranger as { brokers: string })
    const producer = await openIdempotentProducer(parts)
    const sending = producer.send(topic, numbered('a', 10, 1)).then(() => producer.flush())
    await rejects(sending, 'invalid', 'not-authorised')
    await producer.close()
    await parts.cluster.close()
  })
})

describe('a producer', () => {
  const listeners = [
    { name: 'TLS', brokers: addresses.ssl, tls: { ca: readFileSync(tls.authority) } },
    {
      name: 'TLS and SCRAM',
      brokers: addresses.saslSsl,
      tls: { ca: readFileSync(tls.authority) },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'admin', password: users.admin } as const,
    },
    {
      name: 'PLAIN',
      brokers: addresses.saslPlaintext,
      sasl: { mechanism: 'PLAIN', username: 'admin', password: users.admin } as const,
    },
  ]
  for (const { name, ...options } of listeners) {
    it(`commits over ${name}`, async () => {
      const topic = await newTopic(admin, 2)
      const owner = { lineage: newLineage(), chain: 'main' }
      const certificate = {
        cert: readFileSync(tls.clientCertificate),
        key: readFileSync(tls.clientKey),
      }
      const isBare = options.tls !== undefined && options.sasl === undefined
      const place = placeFor({
        ...options,
        ...(isBare && { tls: { ...options.tls, ...certificate } }),
      })
      const open = await place.open(owner)
      await open.send(topic, numbered('a', 100, 2))
      await open.commit(pointer(1))
      expect(await place.settle(owner)).to.deep.equal(pointer(1))
      await place.close()
      expect((await valuesIn(admin, topic, 2)).flat()).to.have.length(100)
    })
  }

  it('cuts batches that the topic finds too large, and refuses a message that is', async () => {
    const topic = await newTopic(admin, 1, { 'max.message.bytes': '5000' })
    const place = placeFor({ brokers: addresses.plaintext })
    const owner = { lineage: newLineage(), chain: 'main' }
    const open = await place.open(owner)
    await open.send(topic, numbered('x'.repeat(400), 200, 1))
    await open.commit(pointer(1))
    await open.send(topic, [message(0, 'y'.repeat(6000))])
    const error = await rejects(open.commit(pointer(2)), 'invalid', 'message-too-large')
    expect(error.message).to.match(/max\.message\.bytes/)
    await place.close()
    const [values] = await valuesIn(admin, topic, 1)
    expect(values).to.deep.equal(numbered('x'.repeat(400), 200, 1).map(({ value }) => String(value)))
  })

  it('says what of a record the topic refuses: its time, or that it has no key', async () => {
    const future = { ...message(0, 'a', 'k'), timestamp: 4_000_000_000_000 }
    const timed = await newTopic(admin, 1)
    const compacted = await newTopic(admin, 1, { 'cleanup.policy': 'compact' })
    for (const [topic, wrong, code] of [
      [timed, future, 'bad-timestamp'],
      [compacted, message(0, 'a'), 'record-refused'],
    ] as const) {
      const parts = partsFor({ brokers: addresses.plaintext })
      const producer = await openIdempotentProducer(parts)
      await rejects(
        producer.send(topic, [wrong]).then(() => producer.flush()),
        'invalid',
        code,
      )
      await producer.close()
      await parts.cluster.close()
    }
  })

  it('refuses topics and partitions that are not there, and times that are too long', async () => {
    const topic = await newTopic(admin, 2)
    const owner = { lineage: newLineage(), chain: 'main' }
    const place = placeFor({ brokers: addresses.plaintext })
    const open = await place.open(owner)
    await rejects(open.partitionCount(`no-${topic}`), 'invalid', 'no-such-topic')
    await rejects(open.send(topic, [message(2, 'a')]), 'invalid', 'no-such-partition')
    await place.close()
    const slow = placeFor({ brokers: addresses.plaintext, transactionTimeoutMs: 3_600_000 })
    const error = await rejects(slow.open(owner), 'invalid', 'bad-transaction-timeout')
    expect(error.message).to.match(/transaction\.max\.timeout\.ms/)
    await slow.close()
  })

  it('says that brokers are away', async () => {
    const place = placeFor({ brokers: '127.0.0.1:1', unavailableAfterMs: 300 })
    await rejects(place.identify(), 'unavailable', 'kafka-unavailable')
    await place.close()
  })
})
