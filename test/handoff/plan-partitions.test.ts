import { expect } from 'chai'
import type { HandoffFlags } from '../../src/handoff/handoff.ts'
import { archiveFile, log, manifest, partitions } from './retail.ts'
import { codes, only, plan, verdicts } from './planned.ts'

describe('handoff plan of partitions', () => {
  it('refuses a gap with the missing range, under every flag', () => {
    const flags: HandoffFlags = { newPartitions: 'earliest', acceptHoles: true }
    for (const given of [{}, flags]) {
      const refusal = only(
        plan(
          manifest(),
          log([
            [15, 20],
            [4, 4],
            [0, 3],
          ]),
          given,
        ),
      )
      expect(refusal.code).to.equal('gap')
      expect(refusal.thing).to.equal('source purchases partition 0')
      expect(refusal.found).to.contain('offsets 10 to 14 are missing')
    }
  })

  it('takes a log that begins exactly at the cut', () => {
    expect(
      plan(
        manifest(),
        log([
          [10, 10],
          [4, 9],
          [0, 0],
        ]),
      ).ok,
    ).to.equal(true)
  })

  it('refuses a log that begins one record after the cut', () => {
    expect(
      only(
        plan(
          manifest(),
          log([
            [11, 11],
            [4, 9],
            [0, 0],
          ]),
        ),
      ).found,
    ).to.contain('offsets 10 to 10 are missing')
  })

  it('refuses another log once for the source, whatever its offsets', () => {
    const refused = plan(
      manifest(),
      log(
        [
          [0, 100],
          [0, 100],
          [0, 100],
        ],
        'log-2',
      ),
    )
    expect(codes(refused)).to.deep.equal(['log-recreated source purchases'])
    expect(verdicts(refused)).to.deep.equal(['log-recreated', 'log-recreated', 'log-recreated'])
  })

  it('takes any log where the positions were given by hand', () => {
    const byHand = manifest({ cut: 'given', log: null }, { history: [] })
    expect(plan(byHand, log(undefined, 'log-2')).ok).to.equal(true)
  })

  it('refuses a position beyond the end', () => {
    const refusal = only(
      plan(
        manifest(),
        log([
          [0, 9],
          [4, 4],
          [0, 3],
        ]),
      ),
    )
    expect([refusal.code, refusal.found]).to.deep.equal(['past-end', 'file:log/purchases ends at 9'])
  })

  it('refuses a partition that vanished', () => {
    expect(
      codes(
        plan(
          manifest(),
          log([
            [0, 12],
            [4, 4],
          ]),
        ),
      ),
    ).to.deep.equal(['partition-vanished source purchases partition 2'])
  })

  const four = log([
    [0, 12],
    [4, 4],
    [0, 3],
    [0, 5],
  ])

  it('refuses a partition that an archive does not name, and says which flag accepts it', () => {
    const refusal = only(plan(manifest(), four))
    expect([refusal.code, refusal.thing]).to.deep.equal(['new-partition', 'source purchases partition 3'])
    expect(refusal.remedy).to.contain('--new-partitions earliest')
  })

  it('reads an accepted partition from its beginning', () => {
    const accepted = plan(manifest(), four, { newPartitions: 'earliest' })
    expect(accepted.ok).to.equal(true)
    expect(accepted.sources[0]?.partitions[3]).to.deep.include({
      next: 0,
      toDo: 5,
      verdict: 'from its beginning',
    })
  })

  it('never reads a new partition from behind its beginning', () => {
    const trimmed = log([
      [0, 12],
      [4, 4],
      [0, 3],
      [2, 5],
    ])
    expect(codes(plan(manifest(), trimmed, { newPartitions: 'earliest' }))).to.deep.equal([
      'gap source purchases partition 3',
    ])
  })

  it('takes a partition without rows in a foreign history, if its log begins at 0', () => {
    const foreign = manifest(
      {},
      { history: [{ source: 'purchases', files: [{ ...archiveFile, coverage: null }] }] },
    )
    expect(plan(foreign, four).ok).to.equal(true)
    expect(
      codes(
        plan(
          foreign,
          log([
            [0, 12],
            [4, 4],
            [0, 3],
            [1, 5],
          ]),
        ),
      ),
    ).to.deep.equal(['gap source purchases partition 3'])
  })

  it('refuses a partition that came after a live run began, foreign history or not', () => {
    const live = manifest({ partitions }, { kind: 'checkpoint', number: 7, history: [] })
    expect(codes(plan(live, four))).to.deep.equal(['new-partition source purchases partition 3'])
  })

  it('names holes, and takes them with the flag', () => {
    const holed = {
      ...partitions[0]!,
      history: { first: 0, last: 9, rows: 7, duplicates: 0, holes: [[3, 5] as const, [7, 8] as const] },
    }
    const from = manifest({ partitions: [holed, ...partitions.slice(1)] })
    const refusal = only(plan(from, log()))
    expect([refusal.code, refusal.found]).to.deep.equal(['holes', 'none for 3 to 4, 7 to 7'])
    expect(refusal.remedy).to.contain('--accept-holes')
    expect(plan(from, log(), { acceptHoles: true }).ok).to.equal(true)
  })

  it('does not ask for accepted holes again once the run has begun', () => {
    const holed = {
      ...partitions[0]!,
      history: { first: 0, last: 9, rows: 7, duplicates: 0, holes: [[3, 5] as const] },
    }
    expect(
      plan(manifest({ partitions: [holed, ...partitions.slice(1)] }, { number: 1, kind: 'start' }), log()).ok,
    ).to.equal(true)
  })

  it('refuses a history without a cut', () => {
    const uncut = manifest({ cut: 'none', order: 'event-time', partitions: [], runningMax: 9000 })
    expect(codes(plan(uncut, log()))).to.deep.equal(['no-cut source purchases'])
    expect(only(plan(uncut, log())).remedy).to.contain('--cut')
  })

  it('lists everything at once', () => {
    const refused = plan(
      manifest(),
      log([
        [11, 20],
        [0, 3],
      ]),
    )
    expect(codes(refused)).to.deep.equal([
      'gap source purchases partition 0',
      'past-end source purchases partition 1',
      'partition-vanished source purchases partition 2',
    ])
    expect(verdicts(refused)).to.deep.equal(['gap', 'past-end', 'partition-vanished'])
  })
})
