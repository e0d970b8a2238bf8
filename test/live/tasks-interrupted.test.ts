// What happens between a start of several tasks and its end: others begin anew, die, or the log gets another shape.
import { expect } from 'chai'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { sealGeneration } from '../../src/savepoint/chains/seal.ts'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { draftOf } from '../../src/savepoint/self-contained.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { addPartitions } from '../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { rejects } from '../rejects.ts'
import { entries } from './world.ts'
import { emissions, emitted, isExact, output, taskWorlds, totals } from './tasks-world.ts'

describe('tasks', () => {
  const world = taskWorlds()

  it('begun anew while a start plans: the new generation is sealed before anybody goes on from it', async () => {
    for (const [count, isLetGo] of [
      [1, false],
      [3, false],
      [1, true],
      [3, true],
    ] as const) {
      // prettier-ignore
      const it = await world()
      await it.append(0, 100)
      await it.all(2)
      await it.append(100, 200)
      let generation: number | undefined
      const log = fileLog(join(it.folder, 'log'), { pollMs: 20 })
      const describe = log.describe.bind(log)
      // Between what it goes on from and its seals, others seal these, begin a generation, and read on.
      log.describe = async () => {
        if (generation === undefined) {
          generation = (await it.run({ index: 1, count: 4 })).savepoint.manifest.task?.generation
          if (isLetGo) await gc(it.checkpoints, { keep: 1 })
        }
        return describe()
      }
      await it.run({ index: 0, count }, { log: { purchases: log } })
      const store = await openStore(it.checkpoints, systemClock)
      const chain = await store.openChain({ generation: generation!, task: 1 })
      expect((await chain.newest())?.manifest).to.include({ kind: 'seal' })
      await store.close()
      for (let index = 1; index < count; index++) await it.run({ index, count })
      await isExact(it, 200)
    }
  })

  it('killed among their seals, or before anybody joined: the next start goes on from there', async () => {
    const it = await world()
    await it.append(0, 100)
    await it.all(3)
    const union = await openSavepoint(it.checkpoints)
    const generation = (await openSavepoint(union.manifestPath)).manifest
    const store = await openStore(it.checkpoints, systemClock)
    // One chain is sealed, and whoever did it died.
    const chain = await store.openChain({ generation: generation.number, task: 1 })
    const { manifest } = (await chain.newest())!
    await chain.commit(chain.newestNumber + 1, { ...draftOf(manifest), kind: 'seal', task: manifest.task! })
    await store.close()
    await isExact(it, 100)
    await it.append(100, 150)
    await it.all(3)
    await isExact(it, 150)
    const next = (await openSavepoint(it.checkpoints)).manifest
    expect(next.number).to.equal(generation.number + 1)
    expect(next.tasks?.sealed).to.have.length(3)
    // All are sealed, and whoever did it died before the generation.
    const again = await openStore(it.checkpoints, systemClock)
    await sealGeneration(
      again,
      (await openSavepoint((await openSavepoint(it.checkpoints)).manifestPath)).manifest,
      systemClock,
    )
    await again.close()
    await isExact(it, 150)
    await it.append(150, 160)
    await it.all(2)
    await isExact(it, 160)
  })

  it('all stop, each with a checkpoint, when a log that is read by its key gets more partitions', async () => {
    const it = await world()
    await it.append(0, 100)
    const running = [0, 1].map(index =>
      rejects(
        it.run({ index, count: 2 }, { untilEnd: false, progressEveryMs: 20, onProgress: () => undefined }),
        'data',
        'partition-count-changed',
      ),
    )
    const isAtEnd = async (): Promise<boolean> =>
      existsSync(join(it.folder, 'out')) &&
      readdirSync(join(it.folder, 'out'))
        .map(name => readFileSync(join(it.folder, 'out', name), 'utf8'))
        .join('')
        .split('\n').length === 101
    while (!(await isAtEnd())) await systemClock.sleep(20)
    await addPartitions(join(it.folder, 'log'), 1)
    await Promise.all(running)
    expect(await entries(await openSavepoint(it.checkpoints), 'spend', 'total')).to.deep.equal(totals(100))
    expect(emitted(await output(it.checkpoints))).to.deep.equal(emissions(100))
    await rejects(it.run({ index: 0, count: 2 }), 'invalid', 'handoff-refused')
  })
})
