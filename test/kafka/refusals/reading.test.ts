/** What is refused of a topic while it is described and read, in whole words. */
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect } from 'chai'
import type { KafkaOptions } from '../../../src/source/kafka/kafka.ts'
import type { Log } from '../../../src/source/log.ts'
import { users } from '../../../tools/kafka/broker.ts'
import { all, at, startReading } from '../../source/log-contract.ts'
import { readerOf } from '../source/topic-under-test.ts'
import { said } from '../support/said.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { skippingClock } from '../../skipping-clock.ts'

describe('what is said of a topic', () => {
  const broker = sharedBroker()
  const { admin, addresses } = broker
  const open: Log[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map(log => log.close()))
  })

  function reader(topic: string, options: Partial<KafkaOptions> = {}): Log {
    const log = readerOf(broker, topic, options)
    open.push(log)
    return log
  }

  async function topicOf(...values: readonly number[]): Promise<string> {
    const topic = await newTopic(admin, 1)
    await admin.produce(topic, values.map(value => ({ partition: 0, value: String(value) }))) // prettier-ignore
    return topic
  }

  it('that is not there', async () => {
    expect(await said(reader('nowhere').describe(), 'nowhere')).to.equal(
      'invalid no-such-topic: kafka://BROKER/TOPIC: ' +
        'expected a topic TOPIC, ' +
        'found none of that name; ' +
        'check the name, or create it (kafka-topics --create)',
    )
  })

  it('that one may not read', async () => {
    const topic = await topicOf(1)
    const sasl = { mechanism: 'PLAIN', username: 'stranger', password: users.stranger } as const
    const log = reader(topic, { brokers: addresses.saslPlaintext, sasl })
    expect(await said(log.describe(), topic)).to.equal(
      'invalid not-authorised: topic TOPIC: ' +
        'expected the right to read it, ' +
        'found TOPIC_AUTHORIZATION_FAILED; ' +
        'allow this user to read and describe the topic (kafka-acls --add --consumer …), or name another user',
    )
    await admin.grant('stranger', 'TOPIC', topic, ['DESCRIBE'])
    expect(await said(all(log, { from: at(0, 0), until: at(0, 1) }), topic)).to.equal(
      'invalid not-authorised: kafka://BROKER/TOPIC partition 0: ' +
        'expected the right to read it, ' +
        'found TOPIC_AUTHORIZATION_FAILED; ' +
        'allow this user to read and describe the topic (kafka-acls --add --consumer …), or name another user',
    )
    const wrong = { ...sasl, password: 'guessed' }
    const other = reader(topic, { brokers: addresses.saslPlaintext, sasl: wrong })
    expect(await said(other.describe(), topic)).to.equal(
      'invalid not-authenticated: broker BROKER: ' +
        'expected a SASL mechanism, user and password that it knows, ' +
        'found Connection to BROKER failed.: SASL authentication failed.: Received response with error while executing API SaslAuthenticate(v2); ' +
        'check sasl.mechanism, sasl.username and sasl.password, and that this port of the broker asks for SASL',
    )
  })

  it('whose broker is away', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await new Promise(resolve => server.close(resolve))
    const log = reader('t', { brokers: address, unavailableAfterMs: 300, clock: skippingClock() })
    expect((await said(log.describe())).replaceAll(address, 'AWAY')).to.equal(
      'unavailable kafka-unavailable: kafka://AWAY/t: ' +
        'expected an answer from the cluster, ' +
        'found none for 0 s: Connection to AWAY failed: connect ECONNREFUSED AWAY; ' +
        'check that the brokers run, can be reached at the addresses that they advertise, and ask on this port for the TLS and SASL that are given (security.protocol)',
    )
  })

  it('that is deleted under its reader, and made again', async () => {
    const topic = await topicOf(1)
    const reading = startReading(reader(topic, { unavailableAfterMs: 1500 }), { from: at(0, 0) })
    await reading.next()
    const failing = said(reading.next(), topic)
    const { id } = await admin.describeTopic(topic)
    await admin.deleteTopic(topic)
    expect((await failing).replaceAll(id, 'ID')).to.equal(
      'unavailable log-vanished: kafka://BROKER/TOPIC: ' +
        'expected log kafka:CLUSTER/ID, ' +
        'found no topic of that name: it was deleted',
    )
    const log = reader(topic)
    const old = await topicOf()
    await admin.createTopic(topic, 1)
    const first = (await admin.describeTopic(topic)).id
    await log.describe()
    const second = await admin.recreateTopic(topic, 1)
    expect(
      (await said(log.describe(), topic, old)).replaceAll(first, 'FIRST').replaceAll(second, 'SECOND'),
    ).to.equal(
      'data log-recreated: kafka://BROKER/TOPIC: ' +
        'expected log kafka:CLUSTER/FIRST, ' +
        'found log kafka:CLUSTER/SECOND: the topic was deleted and made again; ' +
        'positions of the old log mean nothing in the new one: start from a new history',
    )
  })

  it('that was trimmed past the position', async () => {
    const topic = await topicOf(1, 2, 3)
    await admin.trim(topic, 0, 2)
    expect(await said(all(reader(topic), { from: at(0, 0), until: at(0, 3) }), topic)).to.equal(
      'data gap: kafka://BROKER/TOPIC partition 0: ' +
        'expected records from 0, ' +
        'found earliest 2: the records [0, 2) are gone; ' +
        'take them from an archive, or start at a later position',
    )
  })
})
