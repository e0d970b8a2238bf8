/** `headwater compact` where a run died in the midst of a checkpoint: what it is told can be run, and settles it. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { headwater, succeeds } from '../../cli/headwater.ts'
import { doubtAt, TransactionsWorld } from '../../live/transactions-world.ts'
import { tempFolders } from '../../temp-folder.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { outputPartitions, topicOutput } from './stepping.ts'

describe('headwater compact in doubt', function () {
  this.timeout(300_000) // three starts of the command line
  const { admin, addresses } = sharedBroker()
  const folders = tempFolders()
  const brokers = addresses.plaintext

  for (const step of ['commit', 'decided']) {
    it(`settles by a sink's address what was left at '${step}'`, async () => {
      const topic = await newTopic(admin, outputPartitions)
      const target = { brokers, topic, pointers: `pointers-${randomUUID()}` }
      const world = await new TransactionsWorld(folders(), 1, topicOutput(target, admin)).begin()
      await world.append(4)
      expect(await world.begun(doubtAt(step)).outcome).to.equal('transaction-in-doubt')
      expect(world.prepared()).to.have.length(1)

      const refused = await headwater(['compact', 'checkpoints'], { cwd: world.folder })
      expect(refused.code).to.equal(1)
      const [, advice] =
        /headwater (compact .* --sink) kafka:/.exec(refused.stderr.replace(/\s+/g, ' ')) ?? []
      const other = await headwater(['compact', 'checkpoints', '--sink', 'stdout'], { cwd: world.folder })
      expect([other.code, other.stderr]).to.satisfy(([, text]: [number, string]) => /--sink/.test(text))
      expect(world.prepared()).to.have.length(1)

      const sink = `kafka://${brokers}/${topic}?pointers=${target.pointers}`
      await succeeds([...advice!.split(' '), sink], { cwd: world.folder })
      expect(world.prepared()).to.deep.equal([])
      if (step === 'commit') await world.run()
      await world.isExact()
    })
  }
})
