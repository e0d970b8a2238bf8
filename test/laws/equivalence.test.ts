/** L10: for every cut and every continuation, history-then-live = live alone. */
import { expect } from 'chai'
import type { Job } from '../../src/job/job.ts'
import { historyThenLive, liveAlone, type LiveWays } from './equivalence.ts'
import * as jobs from './jobs.ts'
import { canonical, everyCut, interleaved, isBelow, type Cut } from './schedules.ts'
import type { Scripted } from './scripted-log.ts'

const timeOf = ({ value }: Scripted): number => value['at'] as number

const ways: LiveWays = { partitions: 2, batchRecords: 3, maxResidentKeys: 1_000_000, checkpointEveryMs: 1_000_000 }

/** Key, other key, number, time. */
type Row = readonly [key: string, other: string, n: number, at: number]

function records(source: string, partition: number, rows: readonly Row[]): readonly Scripted[] {
  return rows.map(([key, other, n, at], offset) => ({
    source,
    partition,
    offset,
    value: { id: `${source}${partition}:${offset}`, key, other, n, at },
  }))
}

/** Times go back and forth, keys are in both partitions. */
const crossing = [
  ...records('a', 0, [['x', 'p', 2, 10], ['y', 'q', 1, 4], ['x', 'q', 0, 13], ['z', 'p', 5, 30]]),
  ...records('a', 1, [['y', 'p', 4, 11], ['x', 'p', 3, 12], ['y', 'q', 2, 12], ['x', 'x', 6, 9]]),
]

const crossingSources = [...crossing.slice(0, 6), ...records('b', 0, [['x', 'p', 1, 11], ['y', 'q', 3, 12], ['x', 'q', 2, 20]])]

/** Each key in one partition. */
const apart = [
  ...records('a', 0, [['x', 'x', 2, 10], ['x', 'x', 1, 4], ['z', 'z', 0, 13], ['x', 'x', 5, 30]]),
  ...records('a', 1, [['y', 'y', 4, 3], ['w', 'w', 3, 2], ['y', 'y', 2, 12], ['y', 'y', 0, 9]]),
]

/** The canonical schedule below the cut, then a continuation. */
function scheduleOf(all: readonly Scripted[], cut: Cut, choices: readonly number[]): readonly Scripted[] {
  const below = all.filter(record => isBelow(record, cut))
  const above = all.filter(record => !isBelow(record, cut))
  return [...canonical(below, timeOf), ...interleaved(above, choices)]
}

async function holds(job: Job, schedule: readonly Scripted[], cut: Cut, alone: readonly Scripted[] = schedule): Promise<void> {
  const expected = await liveAlone(job, alone, cut, ways)
  const found = await historyThenLive(job, schedule, cut, ways)
  expect(found, `cut ${JSON.stringify([...cut])}`).to.deep.equal(expected)
}

describe('L10 equivalence', () => {
  const all = [jobs.total, jobs.history, jobs.reduced, jobs.several, jobs.watermarks, jobs.split, jobs.stages, jobs.mixed]
  for (const make of all) {
    const job = make({ partitionedByKey: false })
    it(`${job.name}: at every cut, keys in several partitions, canonical schedule below`, async () => {
      for (const [i, cut] of everyCut(crossing).entries()) await holds(job, scheduleOf(crossing, cut, [i, i + 1, 2 * i]), cut)
    })
  }

  it('sources: at every cut of two sources', async () => {
    const job = jobs.sources({ partitionedByKey: false })
    for (const [i, cut] of everyCut(crossingSources).entries()) {
      if (i % 2 === 0) await holds(job, scheduleOf(crossingSources, cut, [i, 1, 2]), cut)
    }
  })

  for (const make of [jobs.total, jobs.history, jobs.reduced, jobs.several, jobs.watermarks]) {
    const job = make({ partitionedByKey: true })
    it(`${job.name}: at every cut, every key in one partition, any schedule below`, async () => {
      for (const [i, cut] of everyCut(apart).entries()) {
        const schedule = scheduleOf(apart, cut, [1, i])
        const alone = [...interleaved(apart.filter(record => isBelow(record, cut)), [i, 3, 1]), ...schedule.slice(schedule.findIndex(r => !isBelow(r, cut)))]
        const whole = schedule.every(record => isBelow(record, cut)) ? interleaved(apart, [i, 3, 1]) : alone
        await holds(job, schedule, cut, whole)
      }
    })
  }
})
