import { expect } from 'chai'
import fc from 'fast-check'
import { HistoryClock } from '../../src/bootstrap/history-clock.ts'
import { PartitionTimeline } from '../../src/bootstrap/partition-timeline.ts'
import { TimeOrderedTimeline } from '../../src/bootstrap/time-ordered-timeline.ts'
import { SourceTimes, StageClock } from '../../src/record/stage-clock.ts'

interface Head {
  readonly source: number
  readonly partition: number
  readonly offset: number
  readonly time: number
  readonly max: number
}

/** Partitions' times by source: some empty, offsets from 0. */
const histories = fc.array(
  fc.array(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }), { maxLength: 3 }),
  {
    minLength: 1,
    maxLength: 3,
  },
)
const latenesses = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 3, maxLength: 3 })

/** The canonical schedule, by its definition: the partition head with the least (running maximum, source, partition). */
function canonicalSchedule(history: readonly (readonly (readonly number[])[])[]): readonly Head[] {
  const queues = history.flatMap((partitions, source) =>
    partitions.map((times, partition) => {
      let max = -Infinity
      return times.map((time, offset) => ({
        source,
        partition,
        offset,
        time,
        max: (max = Math.max(max, time)),
      }))
    }),
  )
  const schedule: Head[] = []
  for (;;) {
    const heads = queues.flatMap(queue => queue.slice(0, 1))
    if (heads.length === 0) return schedule
    const next = heads.reduce((a, b) =>
      b.max - a.max || b.source - a.source || b.partition - a.partition ? (before(b, a) ? b : a) : a,
    )
    queues.find(queue => queue[0] === next)?.shift()
    schedule.push(next)
  }
}

function before(a: Head, b: Head): boolean {
  return (a.max - b.max || a.source - b.source || a.partition - b.partition) < 0
}

function timelines(schedule: readonly Head[], lateness: readonly number[]): PartitionTimeline[] {
  const lines = new Map<string, PartitionTimeline>()
  for (const { source, partition, offset, time } of schedule) {
    const name = `${source}/${partition}`
    const line = lines.get(name) ?? new PartitionTimeline(source, partition, lateness[source] as number)
    line.add(offset, time)
    lines.set(name, line)
  }
  for (const line of lines.values()) line.seal()
  return [...lines.values()]
}

describe('the clock of a stage over its history', () => {
  for (const perPartition of [false, true]) {
    it(`is what a live run over the canonical schedule has, ${perPartition ? 'a partition' : 'the minimum'}`, () => {
      fc.assert(
        fc.property(histories, latenesses, (many, lateness) => {
          const history = perPartition ? many.slice(0, 1) : many
          const schedule = canonicalSchedule(history)
          const clock = new HistoryClock(timelines(schedule, lateness), perPartition)
          const sources = history.map((_, i) => new SourceTimes(String(i), lateness[i] as number))
          const live = new StageClock(sources, perPartition)
          for (const head of schedule) {
            const { source, partition, offset, time, max } = head
            expect(clock.before({ max, source, partition, sequence: offset })).to.equal(
              live.at(String(source), partition),
              JSON.stringify(head),
            )
            sources[source]?.advance(partition, time)
            live.advanced()
          }
          expect(clock.final()).to.equal(live.minimum)
        }),
        { numRuns: 500 },
      )
    })
  }

  it('knows how many records came late', () => {
    const line = new PartitionTimeline(0, 0, 2)
    // Watermarks before each: −∞, 7, 7, 7, 12: only the 7 is at or below its own.
    ;[10, 8, 7, 15, 13].forEach((time, offset) => line.add(offset, time))
    line.seal()
    expect(line.lateCount).to.equal(1)
    expect(line.finalMax).to.equal(15)
  })

  it('gives the same whatever the order in which offsets are read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 20 }),
        fc.gen(),
        (times, gen) => {
          const straight = new PartitionTimeline(0, 0, 3)
          times.forEach((time, offset) => straight.add(offset, time))
          const shuffled = new PartitionTimeline(0, 0, 3)
          const order = gen(fc.shuffledSubarray, [...times.keys()], { minLength: times.length })
          for (const offset of order) shuffled.add(offset, times[offset] as number)
          straight.seal()
          shuffled.seal()
          expect([...shuffled.maxima]).to.deep.equal([...straight.maxima])
          expect(shuffled.lateCount).to.equal(straight.lateCount)
          for (const offset of times.keys()) {
            expect(shuffled.before(0, offset)).to.equal(straight.before(0, offset))
            expect(shuffled.maxAt(offset)).to.equal(straight.maxAt(offset))
          }
        },
      ),
    )
  })

  it('orders a history without offsets by time, then by reading', () => {
    const line = new TimeOrderedTimeline(0, 5)
    line.addBatch(0, Float64Array.of(30, 10, NaN, 20))
    line.addBatch(4, Float64Array.of(20, 5))
    const clock = new HistoryClock([line], false)
    const at = (max: number, sequence: number): number =>
      clock.before({ max, source: 0, partition: 0, sequence })
    expect(at(5, 5)).to.equal(-Infinity)
    expect(at(10, 1)).to.equal(5 - 5 - 1)
    expect(at(20, 3)).to.equal(10 - 5 - 1)
    expect(at(20, 4)).to.equal(20 - 5 - 1)
    expect(at(30, 0)).to.equal(20 - 5 - 1)
    expect(clock.final()).to.equal(30 - 5 - 1)
  })
})
