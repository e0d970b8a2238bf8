/** The contract of logs, on a real topic. */
import { logContract } from '../../source/log-contract.ts'
import { sharedBroker } from '../support/shared-broker.ts'
import { topicUnderTest } from './topic-under-test.ts'

describe('Kafka source', () => {
  const broker = sharedBroker()
  logContract('Kafka topic', partitions => topicUnderTest(broker, partitions))
})
