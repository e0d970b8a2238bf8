/** The broker that Kafka tests use, and the Java client that fills it: what other tests take for granted. */
import { expect } from 'chai'
import { shortSession, startBroker } from '../../tools/kafka/broker.ts'
import type { Broker } from '../../tools/kafka/broker.ts'
import type { ReadRecord } from '../../tools/kafka/admin.ts'
import { newTopic, sharedBroker } from './support/shared-broker.ts'

const texts = (records: readonly ReadRecord[]): (string | null)[] =>
  records.map(record => record.value?.toString() ?? null)

describe('the shared broker', () => {
  const shared = sharedBroker()
  const { admin, clusterId } = shared

  it('is reached at HEADWATER_KAFKA', async () => {
    expect(process.env['HEADWATER_KAFKA']).to.equal(shared.addresses.plaintext)
    expect(await admin.clusterId()).to.equal(clusterId)
  })

  it('gives back keys, values, headers and times as they were written', async () => {
    const topic = await newTopic(admin, 1)
    const written = await admin.produce(topic, [
      { key: 'k', value: 'ü', time: 1_700_000_000_000, headers: [['h', 'x'], ['h', null]] },
      { key: Uint8Array.of(0, 255), value: null, time: 1_700_000_000_001 },
      { value: '', time: 1_700_000_000_002 },
    ]) // prettier-ignore
    expect(written.map(({ offset }) => offset)).to.deep.equal([0, 1, 2])
    const [first, second, third] = await admin.read(topic, 0)
    expect(first).to.deep.equal({
      offset: 0,
      time: 1_700_000_000_000,
      timeType: 'CreateTime',
      key: Buffer.from('k'),
      value: Buffer.from('ü'),
      headers: [
        ['h', Buffer.from('x')],
        ['h', null],
      ],
    })
    expect([second!.key, second!.value]).to.deep.equal([Buffer.from([0, 255]), null])
    expect([third!.key, third!.value]).to.deep.equal([null, Buffer.alloc(0)])
  })

  it('stamps its own time where a topic says so', async () => {
    const topic = await newTopic(admin, 1, { 'message.timestamp.type': 'LogAppendTime' })
    const [written] = await admin.produce(topic, [{ value: 'a', time: 1_000 }])
    const [read] = await admin.read(topic, 0)
    expect(read!.timeType).to.equal('LogAppendTime')
    expect(read!.time).to.equal(written!.time)
    expect(read!.time).to.be.above(1_700_000_000_000)
  })

  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'])
    it(`takes ${compression}`, async () => {
      const topic = await newTopic(admin, 1)
      const values = Array.from({ length: 100 }, (_, i) => `value ${i}`)
      const records = values.map(value => ({ value }))
      await admin.produce(topic, records, { 'compression.type': compression })
      expect(texts(await admin.read(topic, 0))).to.deep.equal(values)
    })

  it('trims: the earliest offset moves', async () => {
    const topic = await newTopic(admin, 2)
    await admin.produce(topic, ['a', 'b', 'c'].map(value => ({ value, partition: 1 }))) // prettier-ignore
    await admin.trim(topic, 1, 2)
    expect((await admin.describeTopic(topic)).partitions).to.deep.equal([
      { partition: 0, earliest: 0, latest: 0, lastStable: 0 },
      { partition: 1, earliest: 2, latest: 3, lastStable: 3 },
    ])
  })

  it('forgets old records by retention', async () => {
    const topic = await newTopic(admin, 1, { 'segment.bytes': '1048576' })
    await admin.produce(topic, [{ value: 'old', time: 1_000 }])
    await admin.configureTopic(topic, { 'retention.ms': '1000', 'segment.ms': '1' })
    await admin.produce(topic, [{ value: 'old too', time: 2_000 }])
    for (;;) if ((await admin.describeTopic(topic)).partitions[0]!.earliest > 0) return
  })

  it('gives another id to a topic that was made again, which is empty', async () => {
    const topic = await newTopic(admin, 1)
    await admin.produce(topic, [{ value: 'a' }])
    const { id } = await admin.describeTopic(topic)
    const again = await admin.recreateTopic(topic, 2)
    const now = await admin.describeTopic(topic)
    expect(now.id).to.equal(again).and.not.to.equal(id)
    expect(now.partitions.map(({ latest }) => latest)).to.deep.equal([0, 0])
  })

  it('adds partitions', async () => {
    const topic = await newTopic(admin, 1)
    await admin.addPartitions(topic, 3)
    await admin.produce(topic, [{ value: 'a', partition: 2 }])
    expect(texts(await admin.read(topic, 2))).to.deep.equal(['a'])
  })

  it('finds offsets by time', async () => {
    const topic = await newTopic(admin, 2)
    await admin.produce(topic, [10, 20, 30].map(time => ({ value: 'a', time, partition: 0 }))) // prettier-ignore
    expect(await admin.offsetsAt(topic, 11)).to.deep.equal([1, null])
  })

  it('keeps transactions apart: committed, aborted, left open', async () => {
    const topic = await newTopic(admin, 1)
    const [one, two] = [await admin.transactional(`${topic}-1`), await admin.transactional(`${topic}-2`)]
    await one.begin()
    await two.begin()
    await one.send(topic, [{ value: 'committed' }])
    await two.send(topic, [{ value: 'aborted' }])
    await one.commit()
    await two.abort()
    await one.begin()
    await one.send(topic, [{ value: 'open' }])
    expect(texts(await admin.read(topic, 0))).to.deep.equal(['committed'])
    const all = await admin.read(topic, 0, { isolation: 'read_uncommitted' })
    expect(texts(all)).to.deep.equal(['committed', 'aborted', 'open'])
    const [partition] = (await admin.describeTopic(topic)).partitions
    expect(partition!.lastStable).to.equal(4) // two records and two markers
    expect(partition!.latest).to.equal(5)

    const successor = await admin.transactional(`${topic}-1`)
    await fails(one.commit(), 'ProducerFencedException')
    await successor.begin()
    await successor.send(topic, [{ value: 'after' }])
    await successor.commit()
    expect(texts(await admin.read(topic, 0))).to.deep.equal(['committed', 'after'])
  })

  it('names the exception where something is not there', async () => {
    await fails(admin.describeTopic('not-there'), 'UnknownTopicOrPartitionException')
  })

  it('lets the Java client in on each listener', async () => {
    expect(await admin.clusterId(shared.javaClient({ listener: 'ssl' }))).to.equal(clusterId)
    for (const listener of ['saslPlaintext', 'saslSsl'] as const)
      for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
        const client = shared.javaClient({ listener, mechanism, user: 'stranger' })
        expect(await admin.clusterId(client), `${listener} ${mechanism}`).to.equal(clusterId)
      }
  })

  it('refuses a wrong password', async () => {
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-512'] as const) {
      const client = shared.javaClient({
        listener: 'saslPlaintext',
        mechanism,
        user: 'admin',
        password: 'no',
      })
      await fails(admin.clusterId(client), 'SaslAuthenticationException')
    }
  })

  it('lets a stranger do only what was granted', async () => {
    const topic = await newTopic(admin, 1)
    await admin.produce(topic, [{ value: 'a' }])
    const client = shared.javaClient({ listener: 'saslPlaintext', user: 'stranger' })
    await fails(admin.read(topic, 0, { client }), 'TopicAuthorizationException')
    await admin.grant('stranger', 'TOPIC', topic, ['READ', 'DESCRIBE'])
    expect(texts(await admin.read(topic, 0, { client }))).to.deep.equal(['a'])
    const plain = { ...client, 'enable.idempotence': 'false' } // which would ask for a right on the cluster first
    await fails(admin.produce(topic, [{ value: 'b' }], plain), 'TopicAuthorizationException')
  })
})

describe('a broker of one’s own', () => {
  let broker: Broker
  before(async () => {
    broker = await startBroker({ settings: shortSession })
  })
  after(async () => await broker.stop())

  it('keeps its id, ports, topics and records when it is killed or shut down', async () => {
    const { admin, clusterId } = broker
    const id = await admin.createTopic('kept', 1)
    await admin.produce('kept', [{ value: 'before' }])
    for (const end of ['kill', 'shutdown'] as const) {
      await broker[end]()
      await broker.restart()
      await admin.produce('kept', [{ value: end }])
      expect(await admin.clusterId()).to.equal(clusterId)
      expect((await admin.describeTopic('kept')).id).to.equal(id)
    }
    expect(texts(await admin.read('kept', 0))).to.deep.equal(['before', 'kill', 'shutdown'])
  })

  it('answers nothing while it is frozen, and goes on when it is thawed', async () => {
    const { admin } = broker
    await admin.createTopic('frozen', 1)
    await broker.freeze()
    const client = { 'request.timeout.ms': '500', 'default.api.timeout.ms': '1000' }
    await fails(admin.clusterId(client), 'TimeoutException')
    broker.thaw()
    await admin.produce('frozen', [{ value: 'a' }])
    expect(texts(await admin.read('frozen', 0))).to.deep.equal(['a'])
  })
})

/** Fails unless the promise is refused with a Java exception of that class. */
async function fails(promise: Promise<unknown>, exception: string): Promise<void> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason as Error,
  )
  expect(error, `no ${exception}`).not.to.equal(null)
  expect(error!.name, error!.message).to.equal(exception)
}
