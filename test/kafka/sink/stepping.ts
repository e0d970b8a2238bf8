/** The world of transactions on a real topic, and a place with transactions that tells of each of its steps. */
import { kafkaSink } from '../../../src/sink/kafka/kafka-sink.ts'
import type { TransactionDeclaration, TransactionSystem } from '../../../src/sink/transaction.ts'
import type { KafkaAdmin } from '../../../tools/kafka/admin.ts'
import type { Output, Stop } from '../../live/transactions-world.ts'

/** Where the totals go. */
export interface Target {
  readonly brokers: string
  readonly topic: string
  readonly pointers: string
}

/** How many partitions topics of totals have. */
export const outputPartitions = 3

/** Totals to that topic. `admin`: the judge; without one nothing can be read. */
export function topicOutput({ brokers, topic, pointers }: Target, admin?: KafkaAdmin): Output {
  return {
    sink: at => {
      const sink = kafkaSink({ brokers, topic, pointers, key: 'customer' })
      return { ...sink, transactions: stepping(sink.transactions!, at) }
    },
    committed: async () => {
      const lines: string[] = []
      for (let partition = 0; partition < outputPartitions; partition++) {
        const records = await admin!.read(topic, partition)
        lines.push(...records.map(({ value }) => value!.toString()))
      }
      return lines
    },
  }
}

/** The same place; it asks at each step whether it may go on. */
export function stepping(declaration: TransactionDeclaration, at: Stop['at']): TransactionDeclaration {
  return { ...declaration, connect: parts => steppingSystem(declaration.connect(parts), at) }
}

function steppingSystem(system: TransactionSystem, at: Stop['at']): TransactionSystem {
  return {
    cluster: () => system.cluster(),
    identify: () => system.identify(),
    settle: async owner => {
      await at('settle')
      const pointer = await system.settle(owner)
      await at('settled')
      return pointer
    },
    open: async owner => {
      await at('open')
      const open = await system.open(owner)
      await at('opened')
      return {
        partitionCount: topic => open.partitionCount(topic),
        send: async (topic, messages) => {
          await at('send')
          await open.send(topic, messages)
          await at('sent')
        },
        commit: async pointer => {
          await at('commit')
          await open.commit(pointer)
          await at('decided')
        },
        isNewest: () => open.isNewest(),
        close: () => open.close(),
      }
    },
    close: () => system.close(),
  }
}
