// A task that begins while others end its generation is not to blame: it begins again.
import { expect } from 'chai'
import { systemClock } from '../../src/clock.ts'
import { sealGeneration } from '../../src/savepoint/chains/seal.ts'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { callback } from '../../src/sink/callback.ts'
import type { Sink } from '../../src/sink/sink.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { growthWorld, recount, type GrowthWorld } from './growth-world.ts'

const purchases = (from: number, end: number) =>
  Array.from({ length: end - from }, (_, i) => ({
    customer: `c${(from + i) % 9}`,
    amount: from + i,
    at: 1000 * (from + i),
  }))

describe('a task that begins', () => {
  const folders = tempFolders()

  /** Something happens once between the join and the first commit of a task. */
  const sinkThat = (does: () => Promise<void>): Sink<'at-least-once'> => {
    let isDone = false
    const check = async (): Promise<void> => {
      if (isDone) return
      isDone = true
      await does()
    }
    return { ...callback(() => undefined), check }
  }

  async function generation({ checkpoints }: GrowthWorld): Promise<number> {
    return (await openSavepoint(checkpoints)).manifest.number
  }

  async function seal({ checkpoints }: GrowthWorld): Promise<void> {
    const { manifestPath } = await openSavepoint(checkpoints)
    const store = await openStore(checkpoints, systemClock)
    await sealGeneration(store, (await openSavepoint(manifestPath)).manifest, systemClock)
    await store.close()
  }

  it('in a generation that is sealed before its first commit begins again, in the next one', async () => {
    const world = await growthWorld(folders(), 2)
    await world.append(purchases(0, 30))
    await world.all(2)
    const before = await generation(world)
    await world.append(purchases(30, 60))
    const sinks = { seen: sinkThat(() => seal(world)) }
    await world.all(1, { task: { index: 0, count: 2 }, sinks })
    await world.all(2)
    expect(await generation(world)).to.equal(before + 1)
    expect(await world.bought()).to.deep.equal(recount(world.written))
  })

  it('twice, as the same task, is lost by the one that commits second', async () => {
    const world = await growthWorld(folders(), 2)
    await world.append(purchases(0, 30))
    await world.all(2)
    await world.append(purchases(30, 60))
    const other = async (): Promise<void> => void (await world.all(2))
    const error = await rejects(
      world.all(2, { sinks: { seen: sinkThat(other) } }),
      'conflict',
      'lost-ownership',
    )
    expect(error.message).to.contain('another attempt')
    expect(await world.bought()).to.deep.equal(recount(world.written))
  })
})
