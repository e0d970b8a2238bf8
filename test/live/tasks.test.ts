// Several tasks do one job: each over its partitions, in a chain of its own, on one store that reads as one.
import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { compact } from '../../src/savepoint/compact.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { ls } from '../../src/savepoint/ls.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { isExact, taskWorlds } from './tasks-world.ts'

describe('tasks', () => {
  const world = taskWorlds()

  it('do together what one does alone: state, digest, positions, counts and output', async () => {
    const one = await world()
    await one.append(0, 200)
    const { savepoint } = await one.run(undefined)
    for (const count of [2, 3, 4]) {
      const many = await world()
      await many.append(0, 200)
      await many.all(count)
      await isExact(many, 200)
      const union = await openSavepoint(many.checkpoints)
      expect(await stateDigest(union)).to.equal(savepoint.manifest.stateDigest)
      expect(union.manifest.counts.sources).to.deep.equal(savepoint.manifest.counts.sources)
      expect(union.manifest.clocks).to.deep.equal(savepoint.manifest.clocks)
      const next = ({ manifest }: typeof union): unknown =>
        manifest.sources[0]?.partitions.map(each => [each.partition, each.next, each.runningMax])
      expect(next(union)).to.deep.equal(next(savepoint))
    }
  })

  it('go on as another number, and as one, and as several again', async () => {
    const it = await world()
    let done = 0
    for (const count of [3, 2, 1, 4, 4, 1]) {
      await it.append(done, done + 100)
      done += 100
      await (count === 1 ? it.run(undefined) : it.all(count))
      await isExact(it, done)
    }
    const one = await world()
    await one.append(0, done)
    const alone = await one.run(undefined)
    expect((await openSavepoint(it.checkpoints)).manifest.stateDigest).to.equal(
      alone.savepoint.manifest.stateDigest,
    )
  })

  it('come and go each by itself: a task that was not there yet begins later, one that ended goes on', async () => {
    const it = await world()
    await it.append(0, 100)
    const first = await it.run({ index: 1, count: 2 })
    await it.run({ index: 1, count: 2 })
    const generation = (await openSavepoint(it.checkpoints)).manifest.number
    await it.run({ index: 0, count: 2 })
    await it.append(100, 150)
    await it.run({ index: 1, count: 2 })
    await it.run({ index: 0, count: 2 })
    await isExact(it, 150)
    expect((await openSavepoint(it.checkpoints)).manifest.number).to.equal(generation)
    expect(first.savepoint.manifest.task).to.deep.equal({ generation, index: 1, count: 2 })
    expect(first.savepoint.manifest.sources[0]?.partitions.map(({ partition }) => partition)).to.deep.equal([
      1, 3,
    ])
  })

  it('leave a store in which every manifest is listed, and nothing is collected that is needed', async () => {
    const it = await world()
    for (const [i, count] of [2, 3, 2].entries()) {
      await it.append(100 * i, 100 * i + 100)
      await it.all(count, { checkpointEveryMs: 0, keep: 1, keepForMs: 0 })
    }
    expect((await ls(it.checkpoints)).every(({ complete }) => complete)).to.equal(true)
    await gc(it.checkpoints, { keep: 1 })
    await isExact(it, 300)
    // Chains of generations that were let go went with them.
    const chains = readdirSync(join(it.checkpoints, 'manifests')).filter(name => /^\d+-\d+$/.test(name))
    const { number } = (await openSavepoint(it.checkpoints)).manifest
    expect(chains.every(name => Number(name.split('-')[0]) === number)).to.equal(true)
    expect(chains).to.have.length(2)
    const { savepoint } = await compact(it.checkpoints)
    expect(savepoint.manifest).to.include({ kind: 'savepoint', number: number + 1 })
    expect(savepoint.manifest).not.to.have.property('tasks')
    await isExact(it, 300)
    await it.append(300, 320)
    await it.all(4)
    await isExact(it, 320)
  })

  it('merge their own layers while they run, and leave those that are shared alone', async () => {
    const it = await world()
    await it.append(0, 100)
    await it.run(undefined)
    await it.append(100, 400)
    await it.all(2, { checkpointEveryMs: 0, maxBatchRecords: 2, maxResidentKeys: 3 })
    await isExact(it, 400)
    const { manifest } = await openSavepoint(it.checkpoints)
    const layers = manifest.operators.flatMap(({ states }) => states.map(each => each.layers.length))
    expect(Math.max(...layers)).to.be.below(60)
    await it.append(400, 420)
    await it.run(undefined)
    await isExact(it, 420)
  })
})
