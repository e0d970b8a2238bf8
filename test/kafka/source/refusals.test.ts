/** What a topic's reader refuses, and what it says. */
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { KafkaOptions } from '../../../src/source/kafka/kafka.ts'
import type { Log } from '../../../src/source/log.ts'
import { openLog } from '../../../src/source/log-url.ts'
import { users } from '../../../tools/kafka/broker.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { all, at, startReading, values } from '../../source/log-contract.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { readerOf } from './topic-under-test.ts'

describe('a topic that can’t be read', () => {
  const broker = sharedBroker()
  const { admin, addresses, tls } = broker
  const tempFolder = tempFolders()
  const open: Log[] = []

  function reader(topic: string, options: Partial<KafkaOptions> = {}): Log {
    const log = readerOf(broker, topic, options)
    open.push(log)
    return log
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map(log => log.close()))
  })

  it('is deleted under a waiting reader', async () => {
    const topic = await newTopic(admin, 1)
    await admin.produce(topic, [{ partition: 0, value: '1' }])
    const reading = startReading(reader(topic, { unavailableAfterMs: 1500 }), { from: at(0, 0) })
    await reading.next()
    const failing = rejects(reading.next(), 'unavailable', 'log-vanished')
    await admin.deleteTopic(topic)
    await failing
  })

  it('is made again under a waiting reader', async () => {
    const topic = await newTopic(admin, 1)
    await admin.produce(topic, [{ partition: 0, value: '1' }])
    const reading = startReading(reader(topic), { from: at(0, 0) })
    await reading.next()
    const failing = rejects(reading.next(), 'data', 'log-recreated')
    await admin.recreateTopic(topic, 1)
    await admin.produce(topic, [1, 2].map(value => ({ partition: 0, value: String(value) }))) // prettier-ignore
    const error = await failing
    expect(error.message).to.contain('deleted and made again')
  })

  describe('because nobody answers', () => {
    it('gives up after the time that was given, and says what it tried', async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await new Promise(resolve => server.once('listening', resolve))
      const { port } = server.address() as AddressInfo
      await new Promise(resolve => server.close(resolve))
      const log = reader('t', { brokers: `127.0.0.1:${port}`, unavailableAfterMs: 300 })
      const error = await rejects(log.describe(), 'unavailable', 'kafka-unavailable')
      expect(error.message).to.contain('ECONNREFUSED')
      const texts: string[] = []
      const options = { from: at(0, 0), onWarning: (text: string) => texts.push(text) }
      await rejects(all(log, options), 'unavailable', 'kafka-unavailable')
      expect(texts[0]).to.match(/ECONNREFUSED.*trying again$/)
    })

    it('takes any broker of those that are named', async () => {
      const topic = await newTopic(admin, 1)
      const log = reader(topic, { brokers: ['127.0.0.1:1', addresses.plaintext] })
      expect((await log.describe()).partitions).to.have.length(1)
    })

    it('ends quietly where it is closed while it tries', async () => {
      const log = reader('t', { brokers: '127.0.0.1:1' })
      const reading = values(log, { from: at(0, 0) })
      await log.close()
      expect(await reading).to.deep.equal([])
    })
  })

  describe('because of who we are', () => {
    const ca = readFileSync(tls.authority, 'utf8')
    const admins = (mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', password: string = users.admin) =>
      ({ mechanism, username: 'admin', password }) as const

    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
      it(`${mechanism} lets in who knows the password, with and without TLS, and nobody else`, async () => {
        const topic = await newTopic(admin, 1)
        await admin.produce(topic, [{ partition: 0, value: '1' }])
        const sasl = admins(mechanism)
        const read = { from: at(0, 0), until: at(0, 1) }
        expect(await values(reader(topic, { brokers: addresses.saslPlaintext, sasl }), read)).to.deep.equal([
          1,
        ])
        const secure = { brokers: addresses.saslSsl, tls: { ca } }
        expect(await values(reader(topic, { ...secure, sasl }), read)).to.deep.equal([1])
        const wrong = reader(topic, { ...secure, sasl: admins(mechanism, 'wrong-secret') })
        const error = await rejects(wrong.describe(), 'invalid', 'not-authenticated')
        expect(error.message).to.not.contain('wrong-secret')
      })
    }

    it('without the right to read it', async () => {
      const topic = await newTopic(admin, 1)
      const sasl = { mechanism: 'PLAIN', username: 'stranger', password: users.stranger } as const
      const log = reader(topic, { brokers: addresses.saslPlaintext, sasl })
      const error = await rejects(log.describe(), 'invalid', 'not-authorised')
      expect(error.message).to.contain(topic).and.contain('TOPIC_AUTHORIZATION_FAILED')
      await admin.grant('stranger', 'TOPIC', topic, ['DESCRIBE'])
      const other = reader(topic, { brokers: addresses.saslPlaintext, sasl })
      expect((await other.describe()).partitions).to.have.length(1)
      await rejects(all(other, { from: at(0, 0), until: at(0, 1) }), 'invalid', 'not-authorised')
    })

    it('TLS: the authority must be known; a client certificate is shown where one is given', async () => {
      const topic = await newTopic(admin, 1)
      const stranger = reader(topic, { brokers: addresses.ssl, tls: true })
      await rejects(stranger.describe(), 'invalid', 'tls-untrusted')
      const [cert, key] = [readFileSync(tls.clientCertificate), readFileSync(tls.clientKey)]
      const known = reader(topic, { brokers: addresses.ssl, tls: { ca, cert, key } })
      expect((await known.describe()).partitions).to.have.length(1)
      const named = reader(topic, { brokers: addresses.ssl, tls: { ca, servername: 'elsewhere.example' } })
      await rejects(named.describe(), 'invalid', 'tls-untrusted')
    })

    it('TLS where the broker has none, and none where it has', async () => {
      const topic = await newTopic(admin, 1)
      const log = reader(topic, { brokers: addresses.plaintext, tls: { ca }, unavailableAfterMs: 300 })
      expect((await failure(log.describe())).message).to.match(/no-tls|kafka-unavailable/)
      const plain = reader(topic, { brokers: addresses.ssl, unavailableAfterMs: 300 })
      await rejects(plain.describe(), 'unavailable', 'kafka-unavailable')
    })

    it('a settings file, as Java and librdkafka write it', async () => {
      const topic = await newTopic(admin, 1)
      const { writeFileSync } = await import('node:fs')
      const java = `${tempFolder()}/client.properties`
      writeFileSync(
        java,
        [
          '# for kafka-console-consumer',
          'security.protocol=SASL_SSL',
          'sasl.mechanism = SCRAM-SHA-512',
          'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\',
          `  username="admin" password="${users.admin}";`,
          'ssl.truststore.type=PEM',
          `ssl.truststore.location=${tls.authority}`,
          'group.id=ours',
        ].join('\n'),
      )
      const kcat = `${tempFolder()}/kcat.conf`
      writeFileSync(
        kcat,
        `security.protocol=SASL_SSL\nsasl.mechanisms=PLAIN\nsasl.username=admin\nsasl.password=${users.admin}\nssl.ca.location=${tls.authority}\n`,
      )
      for (const kafkaConfig of [java, kcat]) {
        const log = openLog(`kafka://${addresses.saslSsl}/${topic}`, { kafkaConfig })
        open.push(log)
        expect((await log.describe()).name).to.equal(`kafka://${addresses.saslSsl}/${topic}`)
      }
    })
  })
})

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it succeeded')
    },
    (error: unknown) => error as Error,
  )
}
