// Several tasks do one job: each over its partitions, in a chain of its own, on one store that reads as one.
import { expect } from 'chai'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import { emptySavepoint } from '../../src/live/empty-savepoint.ts'
import type { RunOptions, RunResult } from '../../src/live/live.ts'
import { run } from '../../src/live/run.ts'
import { t } from '../../src/record/type.ts'
import { sealGeneration } from '../../src/savepoint/chains/seal.ts'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { draftOf } from '../../src/savepoint/self-contained.ts'
import { compact } from '../../src/savepoint/compact.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { ls } from '../../src/savepoint/ls.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { outputOf } from '../../src/savepoint/output.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { ndjson } from '../../src/sink/ndjson.ts'
import { ndjsonParts } from '../../src/sink/ndjson-parts.ts'
import { source } from '../../src/source/declare.ts'
import { addPartitions, createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { list, value } from '../../src/state/state.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { entries } from './world.ts'

const schema = { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') }

function spending(options: Partial<Parameters<typeof source>[1]> = {}): Job {
  const purchases = source('purchases', {
    schema,
    eventTime: 'at',
    partitionedByKey: true,
    ...(options as object),
  })
  return job('retail')
    .from(purchases)
    .keyBy('customer')
    .apply('spend', {
      state: { total: value(t.float64(), 0), seen: list(t.float64()) },
      onRecord(purchase, { total, seen }, out) {
        total.set(total.get() + purchase.amount)
        seen.add(purchase.amount)
        out.emit({ customer: out.key, total: total.get() })
      },
    })
    .to('totals')
}

const retail = spending()
const partitions = 4

describe('tasks', () => {
  const folders = tempFolders()

  interface World {
    readonly folder: string
    readonly checkpoints: string
    /** Purchases `from` to `end` (exclusive) of 20 customers, each in its partition. */
    append(from: number, end: number): Promise<void>
    run(task: RunOptions<Job>['task'], options?: Partial<RunOptions<Job>>): Promise<RunResult>
    all(count: number, options?: Partial<RunOptions<Job>>): Promise<readonly RunResult[]>
  }

  async function world(of: Job = retail): Promise<World> {
    const folder = folders()
    const dir = join(folder, 'log')
    await createFileLog(dir, { partitions, schema })
    await emptySavepoint(of, { log: { purchases: fileLog(dir) }, into: join(folder, 'savepoint') })
    const checkpoints = join(folder, 'checkpoints')
    const runTask: World['run'] = (task, options = {}) =>
      run(of, {
        from: join(folder, 'savepoint'),
        log: { purchases: fileLog(dir, { pollMs: 20 }) },
        sinks: { totals: ndjsonParts(join(folder, 'out')) },
        checkpoints,
        untilEnd: true,
        maxBatchRecords: 5,
        task,
        ...options,
      })
    return {
      folder,
      checkpoints,
      append: async (from, end) => {
        const writer = await openFileLogWriter(dir)
        const records = Array.from({ length: end - from }, (_, i) => purchase(from + i))
        await writer.appendByKey(records)
        await writer.close()
      },
      run: runTask,
      all: (count, options) =>
        Promise.all(Array.from({ length: count }, (_, index) => runTask({ index, count }, options))),
    }
  }

  const customerOf = (n: number): string => `customer-${n % 20}`

  function purchase(n: number): { readonly key: string; readonly value: object; readonly time: number } {
    return { key: customerOf(n), value: { customer: customerOf(n), amount: n, at: 1000 * n }, time: 0 }
  }

  /** By hand: what each customer has spent after the first `count` purchases. */
  function totals(count: number): Record<string, number> {
    const sums: Record<string, number> = {}
    for (let n = 0; n < count; n++) sums[customerOf(n)] = (sums[customerOf(n)] ?? 0) + n
    return sums
  }

  /** Each customer's results in their order, by hand. */
  function emissions(count: number): Record<string, number[]> {
    const all: Record<string, number[]> = {}
    for (let n = 0; n < count; n++) {
      const before = all[customerOf(n)]?.at(-1) ?? 0
      ;(all[customerOf(n)] ??= []).push(before + n)
    }
    return all
  }

  function emitted(text: string): Record<string, number[]> {
    const all: Record<string, number[]> = {}
    for (const line of text.split('\n').slice(0, -1)) {
      const { customer, total } = JSON.parse(line) as { readonly customer: string; readonly total: number }
      ;(all[customer] ??= []).push(total)
    }
    return all
  }

  async function output(checkpoints: string): Promise<string> {
    const pieces: Uint8Array[] = []
    for await (const piece of outputOf(checkpoints)) pieces.push(piece)
    return Buffer.concat(pieces).toString()
  }

  const cat = (folder: string): string =>
    readdirSync(join(folder, 'out'))
      .filter(name => !name.startsWith('.'))
      .sort()
      .map(name => readFileSync(join(folder, 'out', name), 'utf8'))
      .join('')

  /** Everything is as one task would have it. */
  async function isExact({ folder, checkpoints }: World, count: number): Promise<void> {
    const savepoint = await openSavepoint(checkpoints)
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal(totals(count))
    expect(emitted(await output(checkpoints))).to.deep.equal(emissions(count))
    expect(emitted(cat(folder))).to.deep.equal(emissions(count))
    const { findings, sound } = await verifySavepoint(checkpoints)
    expect(findings).to.deep.equal([])
    expect(sound).to.equal(true)
  }

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

  describe('refuse', () => {
    it('sinks that one alone can write', async () => {
      const it = await world()
      const sinks = { totals: ndjson(join(it.folder, 'totals.ndjson')) } as never
      const error = await rejects(it.run({ index: 0, count: 2 }, { sinks }), 'invalid', 'not-for-tasks')
      expect(error.message).to.match(/sink totals.*ndjson:DIR/)
      expect(existsSync(it.checkpoints)).to.equal(false)
    })

    it('more tasks than partitions, and numbers that are none', async () => {
      const it = await world()
      await rejects(it.run({ index: 0, count: 5 }), 'invalid', 'too-many-tasks')
      await rejects(it.run({ index: 2, count: 2 }), 'invalid', 'bad-option')
      await rejects(it.run({ index: 0.5, count: 2 }), 'invalid', 'bad-option')
    })

    it('a source that does not say that it is partitioned by its key', async () => {
      const it = await world(spending({ partitionedByKey: false }))
      const error = await rejects(it.run({ index: 0, count: 2 }), 'invalid', 'not-for-tasks')
      expect(error.message).to.match(/stage spend: .*purchases, which does not say partitionedByKey/)
    })

    it('stages that exchange records', async () => {
      const purchases = source('purchases', { schema, eventTime: 'at', partitionedByKey: true })
      const exchanging = job('retail')
        .from(purchases)
        .keyBy('customer')
        .apply('spend', {
          state: { total: value(t.float64(), 0) },
          emits: { name: t.string(), total: t.float64() },
          onRecord(purchase, { total }, out) {
            total.set(total.get() + purchase.amount)
            out.emit({ name: out.key, total: total.get() })
          },
        })
        .keyBy('name')
        .apply('count', {
          state: { seen: value(t.float64(), 0) },
          onRecord(_, { seen }, out) {
            seen.set(seen.get() + 1)
            out.emit({ seen: seen.get() })
          },
        })
        .to('totals') as unknown as Job
      const it = await world(exchanging)
      const error = await rejects(it.run({ index: 0, count: 2 }), 'invalid', 'not-for-tasks')
      expect(error.message).to.match(/stage count: .*another stage/)
    })

    it('a log that another partitioner wrote, or that has no keys, or keys of the job in two partitions', async () => {
      const crc = await world(spending({ partitioner: 'crc32' } as object))
      await crc.append(0, 50)
      const error = await rejects(crc.run({ index: 0, count: 2 }), 'invalid', 'wrong-partitioner')
      expect(error.message).to.match(/by crc32, found it in partition/)
      const keyless = await world()
      const writer = await openFileLogWriter(join(keyless.folder, 'log'))
      await writer.append(2, [{ value: purchase(1).value, time: 0 }])
      await writer.close()
      await rejects(keyless.run({ index: 0, count: 2 }), 'invalid', 'no-message-key')
      const everywhere = spending({ partitioner: (_: unknown, count: number) => count - 1 })
      const other = await world(everywhere)
      await rejects(
        (async () => {
          await other.append(0, 50)
          await other.run({ index: 0, count: 2 })
        })(),
        'invalid',
        'wrong-partitioner',
      )
    })

    it('keys of the job that are coarser than those of the messages', async () => {
      const coarse = await world()
      const writer = await openFileLogWriter(join(coarse.folder, 'log'))
      const same = { customer: 'everybody', amount: 1, at: 0 }
      await writer.appendByKey(Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, value: same, time: 0 })))
      await writer.close()
      await rejects(coarse.run({ index: 0, count: 2 }), 'invalid', 'not-partitioned-by-key')
    })
  })
})
