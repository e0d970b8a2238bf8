import { expect } from 'chai'
import { jobTimeUnit, noWatermark, toEventTime, watermarkAt } from '../../src/record/event-time.ts'
import { SourceTimes, StageClock } from '../../src/record/stage-clock.ts'
import { t } from '../../src/record/type.ts'

describe('event time', () => {
  it('is in ms unless a source is finer', () => {
    expect(jobTimeUnit([])).to.equal('ms')
    expect(jobTimeUnit([t.timestamp('ms').spec, t.optional(t.date()).spec])).to.equal('ms')
    expect(jobTimeUnit([t.timestamp('ms').spec, t.optional(t.timestamp('us')).spec])).to.equal('us')
    expect(jobTimeUnit([t.timestamp('ns').spec])).to.equal('us')
  })

  it('is in the unit of the job, ns floored', () => {
    expect(toEventTime(5, t.timestamp('ms').spec, 'ms')).to.equal(5)
    expect(toEventTime(5, t.timestamp('ms').spec, 'us')).to.equal(5000)
    expect(toEventTime(5, t.timestamp('us').spec, 'us')).to.equal(5)
    expect(toEventTime(2, t.date().spec, 'ms')).to.equal(2 * 86_400_000)
    expect(toEventTime(2, t.date().spec, 'us')).to.equal(2 * 86_400_000_000)
    const ns = t.timestamp('ns').spec
    const floored = [1999n, 0n, -1n, -1000n, -1001n].map(value => toEventTime(value, ns, 'us'))
    expect(floored).to.deep.equal([1, 0, -1, -1, -2])
  })

  it('moves the watermark to one below what may still come', () => {
    expect(watermarkAt(100, 0)).to.equal(99)
    expect(watermarkAt(100, 10)).to.equal(89)
  })
})

describe('clock of a stage', () => {
  it('is the least watermark of the partitions that had a record, and never goes back', () => {
    const a = new SourceTimes('a', 0)
    const b = new SourceTimes('b', 10)
    const clock = new StageClock([a, b], false)
    expect(clock.at('a', 0)).to.equal(noWatermark)
    expect(a.advance(0, 100)).to.equal(true)
    clock.advanced()
    expect(clock.at('a', 0)).to.equal(99)
    expect(a.advance(0, 50)).to.equal(false)
    b.advance(3, 80)
    clock.advanced()
    expect(clock.at('b', 3)).to.equal(99)
    b.advance(3, 200)
    a.advance(0, 150)
    clock.advanced()
    expect([clock.at('a', 7), clock.minimum]).to.deep.equal([149, 149])
  })

  it('is the partition’s own where one source is partitioned by the key', () => {
    const a = new SourceTimes('a', 0)
    const clock = new StageClock([a], true)
    a.advance(0, 100)
    a.advance(1, 10)
    clock.advanced()
    expect([clock.at('a', 0), clock.at('a', 1), clock.at('a', 2)]).to.deep.equal([99, 9, noWatermark])
    expect(clock.minimum).to.equal(9)
    expect(new StageClock([a, new SourceTimes('b', 0)], true).perPartition).to.equal(false)
  })

  it('continues where a savepoint left it', () => {
    const a = new SourceTimes('a', 0)
    const clock = new StageClock([a], false, 500)
    a.advance(0, 100)
    clock.advanced()
    expect(clock.at('a', 0)).to.equal(500)
    expect([clock.isFedBy('a'), clock.isFedBy('b')]).to.deep.equal([true, false])
  })
})
