import { expect } from 'chai'
import { planHandoff } from '../../src/handoff/plan.ts'
import { HandoffRefused, refuse } from '../../src/handoff/refuse.ts'
import { graphOf } from '../../src/job/brand.ts'
import { job } from '../../src/job/builder.ts'
import { graphDigest } from '../../src/job/graph-data.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { list, value } from '../../src/state/state.ts'
import { log, manifest, retail } from './retail.ts'
import { codes, plan } from './planned.ts'

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
    const { message, refusals, remedy } = new HandoffRefused(refused)
    // What to do about the last one ends the line: nothing general is put behind it.
    expect(remedy).to.equal(refused.refusals.at(-1)!.remedy)
    for (const each of refused.refusals) expect(message.split(each.remedy), each.remedy).to.have.length(2)
    expect(message).to.contain('gap').and.to.contain('past-end').and.not.to.contain('\n')
    expect(refusals).to.equal(refused.refusals)
    expect(() => refuse(plan(manifest(), log()))).not.to.throw()
  })
})
