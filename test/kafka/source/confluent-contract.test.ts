/** The contract of logs, on a real topic read by librdkafka. */
import { confluentKafka } from '../../../src/source/kafka-confluent/kafka-confluent.ts'
import { logContract } from '../../source/log-contract.ts'
import { describeConfluent } from '../support/confluent.ts'
import { sharedBroker } from '../support/shared-broker.ts'
import { topicUnderTest } from './topic-under-test.ts'

describeConfluent('Kafka source by librdkafka', () => {
  const broker = sharedBroker()
  logContract('Kafka topic', partitions =>
    topicUnderTest(broker, partitions, ({ addresses }, topic) =>
      confluentKafka({ brokers: addresses.plaintext, topic }),
    ),
  )
})
