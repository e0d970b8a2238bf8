// What a producer waits for, and how long: against answers of a broker, written as bytes.
import { expect } from 'chai'
import type { Clock } from '../../../src/clock.ts'
import type { KafkaRequest } from '../../../src/kafka/client.ts'
import type { KafkaCluster } from '../../../src/kafka/cluster.ts'
import { BatchSender } from '../../../src/kafka/producer/batch-sender.ts'
import { Coordinator } from '../../../src/kafka/producer/coordinator.ts'
import { WireWriter } from '../../../src/kafka/wire-writer.ts'
import { rejects } from '../../rejects.ts'
import { skippingClock } from '../../skipping-clock.ts'
import { apiVersionsAnswer, coordinatorAnswer } from './coordinator-answers.ts'

const identity = { producerId: 1n, epoch: 0 }
const [notLeader, concurrentTransactions] = [6, 51]

function addedAnswer(error: number): Buffer {
  const writer = new WireWriter().int32(0)
  writer.structs(['out'], topic =>
    writer.string(topic).structs([0], partition => writer.int32(partition).int16(error)),
  )
  return writer.end()
}

function producedAnswer(error: number): Buffer {
  const writer = new WireWriter()
  const partition = (number: number): void => {
    writer.int32(number).int16(error).int64(0n).int64(0n).int64(0n)
    writer.structs([], () => undefined).string(null)
  }
  writer.structs(['out'], topic => writer.string(topic).structs([0], partition))
  return writer.end()
}

describe('the patience of a producer', () => {
  const patienceOf = (clock: Clock, signal: AbortSignal): ConstructorParameters<typeof Coordinator>[2] => ({
    thing: 'kafka',
    clock,
    unavailableAfterMs: 60_000,
    signal,
  })

  function coordinator(errors: () => number): Coordinator {
    const connection = {
      isOpen: true,
      apiVersions: async () => apiVersionsAnswer,
      ask: async () => addedAnswer(errors()),
      close: () => undefined,
    }
    const cluster = { ask: async () => coordinatorAnswer(), connectTo: async () => connection }
    const patience = patienceOf(skippingClock(), AbortSignal.abort())
    return new Coordinator(cluster as unknown as KafkaCluster, 'id', patience)
  }

  it('a run that stops waits until the transaction before its last one has ended', async () => {
    const errors = [concurrentTransactions, concurrentTransactions, 0]
    await coordinator(() => errors.shift()!).add(identity, [{ topic: 'out', partition: 0 }])
    expect(errors).to.deep.equal([])
  })

  it('but not for long', async () => {
    const adding = coordinator(() => concurrentTransactions).add(identity, [{ topic: 'out', partition: 0 }])
    await rejects(adding, 'unavailable', 'stopped')
  })

  it('a partition may be without a leader for a moment, and hours later again', async () => {
    const clock = skippingClock()
    const leaders = [-1, 1, 1, -1, 1, 1] // the topic is looked at behind each flush, too
    const answers = [0, notLeader, 0]
    const connection = {
      isOpen: true,
      ask: async (_: KafkaRequest) => producedAnswer(answers.shift()!),
      close: () => undefined,
    }
    const cluster = {
      topic: async (name: string) => ({
        id: 'i',
        name,
        partitions: [{ partition: 0, leader: leaders.shift()! }],
      }),
      connect: async () => connection,
    }
    const sender = new BatchSender({
      cluster: cluster as unknown as KafkaCluster,
      clock,
      patience: patienceOf(clock, new AbortController().signal),
      limits: { batchBytes: 1000, requestBytes: 1000, bufferBytes: 1000 },
      transactionalId: null,
      encode: () => Buffer.alloc(1),
      identity: () => identity,
      prepare: async () => undefined,
      refused: async fault => Promise.reject(fault),
    })
    for (let round = 0; round < 2; round++) {
      await sender.send('out', [{ partition: 0, key: null, value: Buffer.from('x'), timestamp: null }])
      await sender.flush()
      clock.nowMs += 3_600_000
    }
    expect([leaders, answers]).to.deep.equal([[], []])
    await sender.close()
  })
})
