/**
 * The tests of test/kafka need a real broker, which `npm run test:kafka` starts for them. `npm test` only counts them: as
 * pending, a file each, where no broker can run.
 */
import { expect } from 'chai'
import { whyNoBroker } from '../tools/kafka/prepared.ts'
import { kafkaTestFiles } from '../tools/kafka/test-files.ts'

const why = whyNoBroker()

describe('Kafka tests', () => {
  if (why === null) {
    it('can run here, by npm run test:kafka', () => {
      expect(kafkaTestFiles()).to.include.members(['test/kafka/broker.test.ts'])
    })
  } else {
    for (const file of kafkaTestFiles()) it.skip(`${file} (${why})`)
  }
})
