import { expect } from 'chai'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { Manifest } from '../../src/savepoint/manifest.ts'
import { source } from '../../src/source/declare.ts'
import { list, reducing, value } from '../../src/state/state.ts'
import { tempFolders } from '../temp-folder.ts'
import { rejects } from '../rejects.ts'
import { purchase, retail, schema } from './retail.ts'
import { retailWorld, small } from './retail-world.ts'
import { begin, entries, lines, manifests, newest, runToEnd, worldLog, type Value } from './world.ts'

describe('checkpoints', () => {
  const folders = tempFolders()

  const layers = ({ operators }: Manifest): readonly number[] =>
    operators.flatMap(({ states }) => states.map(state => state.layers.length))

  const world = (): ReturnType<typeof retailWorld> => retailWorld(folders())

  it('hold state, positions, clocks and sinks of one instant, each as a layer of what changed', async () => {
    const { folder, log, from } = await world()
    await log.append(0, purchase('ann', 1, 100), purchase('bob', 2, 300), purchase('ann', 4, 200))
    await runToEnd(retail, folder, { from, ...small })
    const all = await manifests(folder)
    expect(all.map(({ kind }) => kind)).to.deep.equal([
      'start',
      'checkpoint',
      'checkpoint',
      'checkpoint',
      'savepoint',
    ])
    expect(all.map(({ sources }) => sources[0]?.partitions[0]?.next)).to.deep.equal([0, 1, 2, 3, 3])
    expect(all.map(({ sources }) => sources[0]?.partitions[0]?.runningMax)).to.deep.equal([
      null,
      100,
      300,
      300,
      300,
    ])
    expect(all.map(({ clocks }) => clocks[0]?.clock)).to.deep.equal([null, 99, 299, 299, 299])
    expect(all.map(layers)).to.deep.equal([[0], [1], [2], [3], [1]])
    const sizes = all.map(({ sinks }) => (sinks['totals'] as { bytes: number }).bytes)
    const line = (customer: string, total: number): number => JSON.stringify({ customer, total }).length + 1
    expect(sizes).to.deep.equal([
      0,
      line('ann', 1),
      2 * line('ann', 1),
      3 * line('ann', 1),
      3 * line('ann', 1),
    ])
    for (const manifest of all.slice(0, 4)) expect(manifest.stateDigest).to.equal(null)
  })

  it('each hold exactly what was applied below their positions', async () => {
    const { folder, log, from } = await world()
    await log.append(0, purchase('ann', 1), purchase('bob', 2), purchase('ann', 4))
    await runToEnd(retail, folder, { from, ...small })
    const found = []
    for (const number of [1, 2, 3, 4, 5]) {
      const savepoint = await openSavepoint(join(folder, 'checkpoints', 'manifests', `0000000${number}.json`))
      found.push(await entries(savepoint, 'spend', 'total'))
    }
    expect(found).to.deep.equal([{}, { ann: 1 }, { ann: 1, bob: 2 }, { ann: 5, bob: 2 }, { ann: 5, bob: 2 }])
  })

  it('do not come while nothing changes', async () => {
    const { folder, log, from } = await world()
    await log.append(0, purchase('ann', 1))
    const stop = new AbortController()
    const onProgress = ({ checkpoint }: { checkpoint: number }): void => {
      if (checkpoint > 1 && ++reports === 20) stop.abort()
    }
    let reports = 0
    await runToEnd(retail, folder, {
      from,
      untilEnd: false,
      signal: stop.signal,
      checkpointEveryMs: 1,
      progressEveryMs: 1,
      onProgress,
    })
    expect((await manifests(folder)).map(({ kind }) => kind)).to.deep.equal([
      'start',
      'checkpoint',
      'savepoint',
    ])
  })

  it('come while no records do, if something changed before', async () => {
    const { folder, log, from } = await world()
    await log.append(0, purchase('ann', 1))
    const stop = new AbortController()
    const onProgress = ({ checkpoint }: { checkpoint: number }): void => {
      if (checkpoint === 2) stop.abort()
    }
    await runToEnd(retail, folder, {
      from,
      untilEnd: false,
      signal: stop.signal,
      checkpointEveryMs: 30,
      progressEveryMs: 5,
      onProgress,
    })
    expect((await manifests(folder)).map(({ kind }) => kind)).to.deep.equal([
      'start',
      'checkpoint',
      'savepoint',
    ])
  })

  it('are what a run goes on from when the last one broke off: the sink is cut back, nothing counts twice', async () => {
    const { folder, log, from } = await world()
    await log.append(0, purchase('ann', 1), purchase('bob', 2), purchase('ann', -1), purchase('ann', 4))
    const failing = runToEnd(retail, folder, { from, maxBatchRecords: 2, checkpointEveryMs: 0 })
    await rejects(failing, 'invalid', 'operator-failed')
    expect((await newest(folder)).manifest.sources[0]?.partitions[0]?.next).to.equal(2)
    const mended = job('retail')
      .from(source('purchases', { schema, eventTime: 'at' }))
      .keyBy('customer')
      .apply('spend', {
        state: { total: value(t.float64(), 0) },
        onRecord({ amount }, { total }, out) {
          total.set(total.get() + Math.max(0, amount))
          out.emit({ customer: out.key, total: total.get() })
        },
      })
      .to('totals')
    const { savepoint } = await runToEnd(mended, folder)
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 5, bob: 2 })
    expect(lines(folder, 'totals')).to.deep.equal([
      { customer: 'ann', total: 1 },
      { customer: 'bob', total: 2 },
      { customer: 'ann', total: 1 },
      { customer: 'ann', total: 5 },
    ])
  })

  it('let keys go that are too many, and fetch them again', async () => {
    const { folder, log, from } = await world()
    const customers = ['a', 'b', 'c', 'd', 'a', 'c', 'b', 'd', 'a', 'a', 'd']
    await log.append(0, ...customers.map(customer => purchase(customer, 1)))
    const { savepoint, progress } = await runToEnd(retail, folder, { from, ...small, maxResidentKeys: 2 })
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ a: 4, b: 2, c: 2, d: 3 })
    expect(progress.residentKeys).to.equal(2)
  })

  describe('of lists and reductions', () => {
    const events = source('events', { schema: { key: t.string(), do: t.string() } })
    const kinds = job('kinds')
      .from(events)
      .keyBy('key')
      .apply('kinds', {
        state: { all: list(t.string()), sum: reducing(t.string(), (a, b) => a + b) },
        onRecord({ do: what }, { all, sum }) {
          if (what === 'clear') {
            all.clear()
            sum.clear()
          } else if (what === 'keep last') all.set(all.get().slice(-1))
          else {
            all.add(what)
            sum.add(what)
          }
        },
      })

    const doing = (key: string, ...steps: readonly string[]): readonly Value[] =>
      steps.map(step => ({ key, do: step }))

    for (const maxResidentKeys of [0, 1000]) {
      it(`removals and additions go through layers, with room for ${maxResidentKeys} keys`, async () => {
        const folder = folders()
        const log = await worldLog(folder, 'events', { key: t.string(), do: t.string() }, 1)
        await begin(kinds, folder)
        await log.append(
          0,
          ...doing('x', 'a', 'b'),
          ...doing('y', 'c', 'clear'),
          ...doing('x', 'd', 'keep last', 'e'),
        )
        await log.append(0, ...doing('y', 'f'), ...doing('z', 'g', 'clear'), ...doing('x', 'clear', 'h', 'i'))
        const { savepoint } = await runToEnd(kinds, folder, {
          from: join(folder, 'savepoint'),
          ...small,
          maxResidentKeys,
        })
        expect(await entries(savepoint, 'kinds', 'all')).to.deep.equal({ x: ['h', 'i'], y: ['f'] })
        expect(await entries(savepoint, 'kinds', 'sum')).to.deep.equal({ x: 'hi', y: 'f' })
        const checkpoint = await openSavepoint(join(folder, 'checkpoints', 'manifests', '00000014.json'))
        expect(checkpoint.manifest.kind).to.equal('checkpoint')
        expect(await entries(checkpoint, 'kinds', 'all')).to.deep.equal({ x: ['h', 'i'], y: ['f'] })
      })
    }

    it('cost what changed: an element that was added is one row, however long the list', async () => {
      const folder = folders()
      const log = await worldLog(folder, 'events', { key: t.string(), do: t.string() }, 1)
      await begin(kinds, folder)
      await log.append(0, ...doing('x', 'a', 'b', 'c', 'd'))
      await runToEnd(kinds, folder, { from: join(folder, 'savepoint'), ...small })
      const state = (await manifests(folder)).at(-2)?.operators[0]?.states.find(({ name }) => name === 'all')
      expect(state?.layers.map(({ segments }) => segments.map(({ rows }) => rows))).to.deep.equal([
        [1],
        [1],
        [1],
        [1],
      ])
    })

    it('many layers are folded beside the work', async () => {
      const folder = folders()
      const log = await worldLog(folder, 'events', { key: t.string(), do: t.string() }, 1)
      await begin(kinds, folder)
      const steps = Array.from({ length: 60 }, (_, i) =>
        doing(`k${i % 3}`, i % 20 === 7 ? 'clear' : `${i};`),
      ).flat()
      await log.append(0, ...steps)
      const { savepoint } = await runToEnd(kinds, folder, {
        from: join(folder, 'savepoint'),
        ...small,
        maxResidentKeys: 1,
      })
      const expected: Record<string, string[]> = { k0: [], k1: [], k2: [] }
      for (const { key, do: what } of steps as unknown as readonly { key: string; do: string }[]) {
        if (what === 'clear') expected[key] = []
        else expected[key]?.push(what)
      }
      expect(await entries(savepoint, 'kinds', 'all')).to.deep.equal(expected)
      const most = Math.max(...(await manifests(folder)).flatMap(layers))
      expect(most).to.be.within(8, 40)
      expect(savepoint.manifest.stateDigest).to.equal(await stateDigest(savepoint))
    })
  })
})
