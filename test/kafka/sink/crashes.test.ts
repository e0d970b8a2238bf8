/**
 * Runs that write to a real topic by transactions, killed and frozen at each step of the protocol (src/live/TRANSACTIONS.md). The
 * judge is the Java client: what it reads as committed is what the state says, once each. One world goes through all of it.
 */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { startChild, type Child } from '../../child.ts'
import { TransactionsWorld } from '../../live/transactions-world.ts'
import { sharedFolder } from '../../temp-folder.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import type { CrashOrder } from './crash-child.ts'
import { outputPartitions, topicOutput, type Target } from './stepping.ts'

const program = new URL('crash-child.ts', import.meta.url)

/** In the order in which a run comes to them; `prepared`: segments and parts are durable. */
const steps = [
  'settle', 'settled', 'check', 'open', 'opened',
  'send', 'sent', 'prepared', 'commit', 'end', 'ended', 'decided', 'published',
] // prettier-ignore

/** Where a prepared manifest waits. */
const waiting = ['commit', 'end', 'ended', 'decided']

describe('a run that writes by transactions of a cluster', () => {
  const broker = sharedBroker()
  const folder = sharedFolder()
  let world: TransactionsWorld
  let target: Target

  before(async () => {
    const topic = await newTopic(broker.admin, outputPartitions)
    target = { brokers: broker.addresses.plaintext, topic, pointers: `pointers-${randomUUID()}` }
    world = await new TransactionsWorld(folder(), undefined, topicOutput(target, broker.admin)).begin()
    await world.append(3)
    await world.run()
    await world.isExact()
  })

  const start = (order: Partial<CrashOrder>): Child =>
    startChild(program, JSON.stringify({ folder: folder(), target, ...order }))

  for (const step of steps) {
    it(`killed at '${step}': the next one goes on exactly`, async () => {
      await world.append(5)
      const child = start({ step, signal: 'SIGKILL' })
      expect(await child.nextLine()).to.equal(step)
      await child.exitCode()
      expect(world.prepared()).to.have.length(waiting.includes(step) ? 1 : 0)
      await world.append(2)
      await world.run()
      await world.isExact()
      expect(world.prepared()).to.deep.equal([])
    })
  }

  for (const step of steps.filter(each => !['settle', 'send'].includes(each))) {
    it(`frozen at '${step}', replaced, and woken: it changes nothing`, async () => {
      await world.append(5)
      const child = start({ step, signal: 'SIGSTOP' })
      expect(await child.nextLine()).to.equal(step)
      await child.stopped()
      await world.append(2)
      await world.run()
      await world.isExact()
      child.signal('SIGCONT')
      // Before its own turn it looks again, and begins behind the other: with nothing to do. Later it is told.
      const ends = ['settled', 'open'].includes(step) ? ['ended'] : ['lost-ownership', 'other-sink-output']
      expect(await child.nextLine()).to.be.oneOf(ends)
      await child.exitCode()
      await world.isExact()
      expect(world.prepared()).to.deep.equal([])
    })
  }

  it('begun twice at once: one lives at least, and all is exact', async () => {
    for (let round = 0; round < 3; round++) {
      await world.append(6)
      const outcomes = await Promise.all([world.begun().outcome, world.begun().outcome])
      expect(outcomes).to.include('ended')
      await world.isExact()
    }
  })

  it('divided among two tasks that are killed, frozen and woken, then one again: exact', async () => {
    const two = (index: number): { readonly index: number; readonly count: number } => ({ index, count: 2 })
    await world.append(8)
    const killed = start({ step: 'decided', signal: 'SIGKILL', task: two(0) })
    expect(await killed.nextLine()).to.equal('decided')
    await killed.exitCode()
    const frozen = start({ step: 'commit', signal: 'SIGSTOP', task: two(1) })
    expect(await frozen.nextLine()).to.equal('commit')
    await frozen.stopped()
    await world.append(8)
    for (const index of [0, 1]) await world.run(undefined, { task: two(index) })
    await world.isExact()
    frozen.signal('SIGCONT')
    expect(await frozen.nextLine()).to.equal('lost-ownership')
    const sealed = start({ step: 'ended', signal: 'SIGKILL', task: two(1) })
    await world.append(8)
    expect(await sealed.nextLine()).to.equal('ended')
    await sealed.exitCode()
    await world.run()
    await world.isExact()
    expect(world.prepared()).to.deep.equal([])
  })
})
