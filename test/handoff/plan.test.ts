import { expect } from 'chai'
import type { HandoffFlags, HandoffPlan, Refusal } from '../../src/handoff/handoff.ts'
import { planHandoff } from '../../src/handoff/plan.ts'
import { HandoffRefused, refuse } from '../../src/handoff/refuse.ts'
import { graphOf } from '../../src/job/brand.ts'
import { job } from '../../src/job/builder.ts'
import { graphDigest } from '../../src/job/graph-data.ts'
import { t } from '../../src/record/type.ts'
import type { Manifest } from '../../src/savepoint/manifest.ts'
import { source } from '../../src/source/declare.ts'
import type { LogDescription } from '../../src/source/log.ts'
import { list, reducing, value, type StateDeclarations } from '../../src/state/state.ts'
import { archiveFile, log, manifest, partitions, purchases, retail } from './retail.ts'

const plan = (
  from: Manifest,
  logs: ReadonlyMap<string, LogDescription>,
  flags: HandoffFlags = {},
): HandoffPlan => planHandoff({ graph: retail, manifest: from, logs, flags })
const codes = ({ refusals }: HandoffPlan): readonly string[] =>
  refusals.map(({ code, thing }) => `${code} ${thing}`)
const verdicts = ({ sources }: HandoffPlan): readonly string[] =>
  sources.flatMap(s => s.partitions.map(p => p.verdict))
const only = ({ refusals }: HandoffPlan): Refusal => {
  expect(refusals).to.have.lengthOf(1)
  return refusals[0] as Refusal
}

describe('handoff plan', () => {
  it('says per partition what was read, what is read first, and how much is to do', () => {
    expect(plan(manifest(), log())).to.deep.equal({
      job: 'retail',
      graphDigest: graphDigest(retail),
      from: { kind: 'savepoint', number: 0, manifestDigest: 'd'.repeat(64) },
      graphChanged: false,
      timeUnit: 'ms',
      schedule: 'canonical',
      sources: [
        {
          source: 'purchases',
          log: { id: 'log-1', name: 'file:log/purchases' },
          order: 'schedule',
          cut: 'offsets',
          overlap: null,
          partitions: [
            {
              partition: 0,
              lastInHistory: 9,
              next: 10,
              earliest: 0,
              latest: 12,
              toDo: 2,
              runningMax: 5000,
              verdict: 'ready',
            },
            {
              partition: 1,
              lastInHistory: 3,
              next: 4,
              earliest: 4,
              latest: 4,
              toDo: 0,
              runningMax: 4000,
              verdict: 'ready',
            },
            {
              partition: 2,
              lastInHistory: null,
              next: 0,
              earliest: 0,
              latest: 3,
              toDo: 3,
              runningMax: null,
              verdict: 'ready',
            },
          ],
        },
      ],
      states: [
        { uid: 'spend', state: 'total', action: 'claimed' },
        { uid: 'spend', state: 'recent', action: 'claimed' },
      ],
      clocks: [{ stage: 'spend', clock: 3999 }],
      accepted: [],
      approximate: false,
      refusals: [],
      ok: true,
    })
  })

  describe('partitions', () => {
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
        plan(manifest({ partitions: [holed, ...partitions.slice(1)] }, { number: 1, kind: 'start' }), log())
          .ok,
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

  describe('states', () => {
    const graph = (state: Parameters<typeof spendJob>[0], uid = 'spend'): ReturnType<typeof graphOf> =>
      graphOf(spendJob(state, uid))
    const states = (of: HandoffPlan): readonly string[] =>
      of.states.map(s => `${s.uid}/${s.state} ${s.action}`)
    const planOf = (changed: ReturnType<typeof graphOf>, flags: HandoffFlags = {}): HandoffPlan =>
      planHandoff({ graph: changed, manifest: manifest(), logs: log(), flags })
    const total = value(t.float64(), 0)
    const recent = list(t.float64())

    it('refuses state that nobody declares, and drops it with the flag', () => {
      const refusal = only(planOf(graph({ total })))
      expect([refusal.code, refusal.thing]).to.deep.equal(['unclaimed-state', 'state spend/recent'])
      expect(refusal.remedy).to.contain('--drop spend/recent')
      const dropped = planOf(graph({ total }), { drop: ['spend/recent'] })
      expect(dropped.ok).to.equal(true)
      expect(states(dropped)).to.deep.equal(['spend/total claimed', 'spend/recent dropped'])
    })

    it('refuses state that is not there, and begins it empty with the flag', () => {
      const more = graph({ total, recent, peak: value(t.float64()) })
      expect(only(planOf(more)).remedy).to.contain('--fresh spend/peak')
      expect(codes(planOf(more))).to.deep.equal(['missing-state state spend/peak'])
      const fresh = planOf(more, { fresh: ['spend/peak'] })
      expect(states(fresh)).to.deep.equal(['spend/total claimed', 'spend/recent claimed', 'spend/peak fresh'])
    })

    it('sees another uid as both', () => {
      expect(codes(planOf(graph({ total, recent }, 'spending')))).to.have.members([
        'missing-state state spending/total',
        'missing-state state spending/recent',
        'unclaimed-state state spend/total',
        'unclaimed-state state spend/recent',
      ])
    })

    it('refuses another type and another kind, and says how it was and is', () => {
      const typed = only(planOf(graph({ total: value(t.int64()), recent })))
      expect([typed.code, typed.expected, typed.found]).to.deep.equal([
        'state-schema-changed',
        'value of int64, as the job declares it',
        'value of float64 in the savepoint',
      ])
      const sum = reducing(t.float64(), (a, b) => a + b)
      expect(codes(planOf(graph({ total: sum, recent })))).to.deep.equal([
        'state-kind-changed state spend/total',
      ])
    })

    it('begins a changed state empty only with both flags', () => {
      const changed = graph({ total: value(t.int64()), recent })
      expect(planOf(changed, { drop: ['spend/total'] }).ok).to.equal(false)
      expect(planOf(changed, { fresh: ['spend/total'] }).ok).to.equal(false)
      const both = planOf(changed, { drop: ['spend/total'], fresh: ['spend/total'] })
      expect(states(both)).to.deep.equal(['spend/total fresh', 'spend/recent claimed'])
    })

    it('never drops or empties what fits, so that a command line may be repeated', () => {
      const flags = { drop: ['spend/total', 'gone/state'], fresh: ['spend/total'] }
      expect(states(planOf(graph({ total, recent }), flags))).to.deep.equal([
        'spend/total claimed',
        'spend/recent claimed',
      ])
    })

    it('refuses a flag for a state that the job does not declare', () => {
      expect(codes(planOf(graph({ total, recent }), { fresh: ['spend/totl'] }))).to.deep.equal([
        'unknown-state --fresh spend/totl',
      ])
    })

    it('refuses another key and another G', () => {
      const keyed = graphOf(
        job('retail', { keyGroups: 16 })
          .from(purchases)
          .keyBy(t.int64(), () => 0n)
          .apply('spend', { state: { total, recent }, onRecord: () => undefined }),
      )
      const refused = planOf(keyed)
      expect(codes(refused)).to.deep.equal([
        'key-groups-changed job retail',
        'key-schema-changed operator spend',
      ])
      expect(refused.refusals[1]).to.deep.include({
        expected: 'key key int64',
        found: 'key customer string in the savepoint',
      })
      expect(refused.graphChanged).to.equal(true)
    })
  })

  it('refuses a source that only one of the two knows', () => {
    const returns = source('returns', { schema: { customer: t.string() } })
    const graph = graphOf(
      job('retail', { keyGroups: 8 })
        .from(returns)
        .keyBy('customer')
        .apply('spend', {
          state: { total: value(t.float64(), 0), recent: list(t.float64()) },
          onRecord: () => undefined,
        }),
    )
    const logs = new Map([['returns', { name: 'file:log/returns', id: 'r', partitions: [] }]])
    expect(codes(planHandoff({ graph, manifest: manifest(), logs }))).to.deep.equal([
      'source-unclaimed source purchases',
      'source-missing source returns',
    ])
  })

  it('says that any schedule gives the same only where every key has one partition and one clock', () => {
    const partitioned = source('purchases', {
      schema: { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') },
      eventTime: 'at',
      partitionedByKey: true,
    })
    const one = job('retail', { keyGroups: 8 })
      .from(partitioned)
      .keyBy('customer')
      .apply('spend', {
        state: { total: value(t.float64(), 0), recent: list(t.float64()) },
        emits: { customer: t.string() },
        onRecord: () => undefined,
      })
    expect(planHandoff({ graph: graphOf(one), manifest: manifest(), logs: log() }).schedule).to.equal('any')
    const two = one.keyBy('customer').apply('count', { state: {}, onRecord: () => undefined })
    expect(planHandoff({ graph: graphOf(two), manifest: manifest(), logs: log() }).schedule).to.equal(
      'canonical',
    )
  })

  it('starts partitions of a history without order at its one time, set back by the lateness', () => {
    const lenient = source('purchases', {
      schema: { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') },
      eventTime: 'at',
      handoffLatenessMs: 500,
    })
    const graph = graphOf(
      job('retail', { keyGroups: 8 })
        .from(lenient)
        .keyBy('customer')
        .apply('spend', {
          state: { total: value(t.float64(), 0), recent: list(t.float64()) },
          onRecord: () => undefined,
        }),
    )
    const from = manifest(
      {
        order: 'event-time',
        cut: 'given',
        runningMax: 9000,
        partitions: [{ partition: 0, next: 10, runningMax: 8500, history: null }],
      },
      { history: [] },
    )
    const planned = planHandoff({
      graph,
      manifest: from,
      logs: log([
        [0, 12],
        [0, 4],
      ]),
    })
    expect(planned.sources[0]?.partitions.map(p => p.runningMax)).to.deep.equal([8500, 8500])
    expect(planned.clocks).to.deep.equal([{ stage: 'spend', clock: null }])
  })

  it('throws all refusals as one error of one line', () => {
    const refused = plan(
      manifest(),
      log([
        [11, 20],
        [0, 3],
        [0, 3],
      ]),
    )
    expect(() => refuse(refused))
      .to.throw(HandoffRefused)
      .that.deep.includes({ kind: 'invalid', code: 'handoff-refused' })
    const { message, refusals } = new HandoffRefused(refused)
    expect(message).to.contain('gap').and.to.contain('past-end').and.not.to.contain('\n')
    expect(refusals).to.equal(refused.refusals)
    expect(() => refuse(plan(manifest(), log()))).not.to.throw()
  })
})

function spendJob(state: StateDeclarations, uid: string) {
  return job('retail', { keyGroups: 8 })
    .from(purchases)
    .keyBy('customer')
    .apply(uid, { state, onRecord: () => undefined })
}
