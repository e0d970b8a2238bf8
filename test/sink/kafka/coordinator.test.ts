// The connections of who asks for transactions: none is left behind, whoever asks at once, and whenever it is closed.
import { expect } from 'chai'
import { systemClock } from '../../../src/clock.ts'
import type { KafkaConnection } from '../../../src/kafka/client.ts'
import type { KafkaCluster } from '../../../src/kafka/cluster.ts'
import { Coordinator } from '../../../src/kafka/producer/coordinator.ts'
import { WireWriter } from '../../../src/kafka/wire-writer.ts'
import { rejects } from '../../rejects.ts'
import { apiVersionsAnswer, coordinatorAnswer } from './coordinator-answers.ts'

const identity = { producerId: 1n, epoch: 0 }

const added = new WireWriter().int32(0).structs([], () => undefined)

describe('the coordinator of transactions', () => {
  const opened: { isOpen: boolean }[] = []
  let opening = Promise.resolve()
  afterEach(() => {
    opened.length = 0
    opening = Promise.resolve()
  })

  function coordinator(): Coordinator {
    const connect = async (): Promise<KafkaConnection> => {
      await opening
      const connection = {
        isOpen: true,
        apiVersions: async () => apiVersionsAnswer,
        ask: async () => (connection.isOpen ? added.end() : Promise.reject(new Error('closed'))),
        close: () => (connection.isOpen = false),
      }
      opened.push(connection)
      return connection as unknown as KafkaConnection
    }
    const ask = async (): Promise<Buffer> => coordinatorAnswer()
    const { signal } = new AbortController()
    const patience = { thing: 'kafka', clock: systemClock, unavailableAfterMs: 60_000, signal }
    return new Coordinator({ ask, connectTo: connect } as unknown as KafkaCluster, 'id', patience)
  }

  const place = (partition: number): Parameters<Coordinator['add']>[1] => [{ topic: 'out', partition }]

  it('is connected to once, also where leaders of several brokers are written to at once', async () => {
    const asked = coordinator()
    await Promise.all([0, 1, 2].map(each => asked.add(identity, place(each))))
    expect(opened).to.have.length(1)
    asked.close()
    await Promise.resolve()
    expect(opened.map(({ isOpen }) => isOpen)).to.deep.equal([false])
  })

  it('closed while it is connected to: the connection is not kept, and nothing is tried again', async () => {
    let arrive: () => void = () => undefined
    opening = new Promise(resolve => (arrive = resolve))
    const asked = coordinator()
    const adding = asked.add(identity, place(0))
    await new Promise(resolve => setImmediate(resolve))
    asked.close()
    arrive()
    await rejects(adding, 'unavailable', 'stopped')
    expect(opened.map(({ isOpen }) => isOpen)).to.deep.equal([false])
  })
})
