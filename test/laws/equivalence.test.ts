/** L10: for every cut and every continuation, history-then-live = live alone, in state digest and in emissions after the cut. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Job } from '../../src/job/job.ts'
import type { History } from '../../src/source/history.ts'
import { parquet } from '../../src/source/parquet.ts'
import { join } from 'node:path'
import { foreignHistory } from '../live/world.ts'
import { historyThenLive, liveAlone, type HistoryOf, type LiveWays } from './equivalence.ts'
import { everything, partitioned, skipping } from './jobs.ts'
import { schema } from './records.ts'
import { below, everyCut, interleaved, placeOf, scheduleOf, type Cut } from './schedules.ts'
import type { Scripted } from './scripted-log.ts'

/** What must not matter: small batches, a checkpoint after each, no key that stays in memory for longer, new starts. */
const roomy: LiveWays = {
  partitions: 3,
  batchRecords: 100,
  maxResidentKeys: 1_000_000,
  checkpointEveryMs: 1_000_000,
  stops: [],
}
const tight: LiveWays = {
  partitions: 3,
  batchRecords: 2,
  maxResidentKeys: 0,
  checkpointEveryMs: 0,
  stops: [1, 1, 3],
}

/** Key, other key, number, time. */
type Row = readonly [key: string, other: string, n: number, at: number]

function records(source: string, partition: number, ...rows: readonly Row[]): readonly Scripted[] {
  return rows.map(([key, other, n, at], offset) => ({
    source,
    partition,
    offset,
    value: { id: `${source}${partition}:${offset}`, key, other, n, at },
  }))
}

/** Times go back and forth, and keys are in all partitions. */
const crossing = [
  ...records('a', 0, ['x', 'p', 2, 10], ['y', 'q', 1, 4], ['x', 'q', 0, 13]),
  ...records('a', 1, ['y', 'p', 4, 11], ['x', 'p', 3, 12], ['y', 'x', 2, 9]),
  ...records('b', 0, ['x', 'p', 1, 11], ['y', 'q', 3, 14]),
]

/** Each key in one partition; the second one stays behind the first. */
const apart = [
  ...records('a', 0, ['x', 'x', 2, 10], ['z', 'z', 1, 4], ['x', 'x', 0, 13]),
  ...records('a', 1, ['y', 'y', 4, 3], ['w', 'w', 1, 2], ['y', 'y', 2, 5]),
]

interface Comparison {
  readonly job: Job
  readonly cut: Cut
  readonly schedule: readonly Scripted[]
  /** The schedule of live alone. Default: the same. */
  readonly alone?: readonly Scripted[]
  readonly ways?: LiveWays
  readonly historyOf?: HistoryOf
}

async function holds({
  job,
  cut,
  schedule,
  alone = schedule,
  ways = roomy,
  historyOf,
}: Comparison): Promise<void> {
  const expected = await liveAlone(job, alone, cut, roomy)
  const found = await historyThenLive(job, schedule, cut, ways, historyOf)
  expect(found, `cut ${JSON.stringify([...cut])}`).to.deep.equal(expected)
}

describe('L10 equivalence', () => {
  for (const next of [0, 1, 2]) {
    it(`at every cut with ${next} of b below, keys in several partitions: the canonical schedule below`, async () => {
      const cuts = [...everyCut(crossing).entries()].filter(([, cut]) => cut.get('b/0') === next)
      expect(cuts).to.have.length(16)
      for (const [i, cut] of cuts)
        await holds({ job: everything, cut, schedule: scheduleOf(crossing, cut, [i, i + 1, 2 * i]) })
    })
  }

  it('at every cut, every key in one partition: any schedule below', async () => {
    for (const [i, cut] of everyCut(apart).entries()) {
      const schedule = scheduleOf(apart, cut, [1, i])
      const otherwise = interleaved(below(apart, cut), [i, 0, 1])
      await holds({
        job: partitioned,
        cut,
        schedule,
        alone: [...otherwise, ...schedule.slice(otherwise.length)],
      })
    }
  })

  it('whatever the batches, the checkpoints, the memory and the restarts', async () => {
    for (const next of [0, 1, 3]) {
      const cut = new Map([
        ['a/0', next],
        ['a/1', 3 - next],
        ['b/0', 1],
      ])
      await holds({ job: everything, cut, schedule: scheduleOf(crossing, cut, [next, 1]), ways: tight })
    }
  })

  it('with records that can not be used', async () => {
    const bad = (
      partition: number,
      ...rows: readonly (readonly [string | null, number | null, number | null])[]
    ): readonly Scripted[] =>
      rows.map(([key, n, at], offset) => ({
        source: 'a',
        partition,
        offset,
        value: { id: `a${partition}:${offset}`, key, n, at },
      }))
    // The last acceptable time is 999 µs. A time counts where only the key is missing.
    const all = [
      ...bad(0, ['x', 1, 10], [null, 1, 30], ['x', 1, 20], ['x', 1, 1000], ['x', 1, 999]),
      ...bad(1, ['x', null, 500], ['y', 2, null], ['y', 2, 25], ['x,,y', 4, 40], [',', 2, 41], ['', 3, 42]),
    ]
    for (const cut of everyCut(all))
      await holds({ job: skipping, cut, schedule: scheduleOf(all, cut, [1, 0, 1]) })
  })

  it('through Parquet files', async () => {
    const historyOf = async (
      history: readonly Scripted[],
      folder: string,
      source: string,
    ): Promise<History> => {
      await foreignHistory(folder, source, schema, history)
      return parquet(join(folder, `history-${source}`))
    }
    const cut = new Map([
      ['a/0', 2],
      ['a/1', 1],
      ['b/0', 2],
    ])
    await holds({ job: everything, cut, schedule: scheduleOf(crossing, cut, [1, 0]), historyOf })
  })

  const row = fc.record({
    place: fc.constantFrom(['a', 0], ['a', 1], ['a', 2], ['b', 0]),
    row: fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('p', 'q', 'x'), fc.nat(6), fc.nat(20)),
  })
  const worlds = fc.record({
    rows: fc.array(row, { maxLength: 25 }),
    cut: fc.array(fc.nat(10), { minLength: 4, maxLength: 4 }),
    choices: fc.array(fc.nat(7), { minLength: 1, maxLength: 8 }),
    batchRecords: fc.integer({ min: 1, max: 6 }),
    maxResidentKeys: fc.constantFrom(0, 1, 1_000_000),
    checkpointEveryMs: fc.constantFrom(0, 1_000_000),
    stops: fc.array(fc.nat(6), { maxLength: 2 }).map(stops => stops.sort((a, b) => a - b)),
  })

  it('for any records, cut, continuation and ways', async () => {
    const property = fc.asyncProperty(worlds, async ({ rows, cut: positions, choices, ...ways }) => {
      const places = [
        ['a', 0],
        ['a', 1],
        ['a', 2],
        ['b', 0],
      ] as const
      const all = places.flatMap(([source, partition]) =>
        records(
          source,
          partition,
          ...rows.filter(({ place }) => place.join(',') === `${source},${partition}`).map(each => each.row),
        ),
      )
      const cut = new Map(
        places.map(([source, partition], i) => [placeOf({ source, partition }), positions[i] as number]),
      )
      await holds({
        job: everything,
        cut,
        schedule: scheduleOf(all, cut, choices),
        ways: { ...ways, partitions: 3 },
      })
    })
    await fc.assert(property, { numRuns: 25 })
  })
})
