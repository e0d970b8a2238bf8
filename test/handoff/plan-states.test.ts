import { expect } from 'chai'
import type { HandoffFlags, HandoffPlan } from '../../src/handoff/handoff.ts'
import { planHandoff } from '../../src/handoff/plan.ts'
import { graphOf } from '../../src/job/brand.ts'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { list, reducing, value, type StateDeclarations } from '../../src/state/state.ts'
import { log, manifest, purchases } from './retail.ts'
import { codes, only } from './planned.ts'

describe('handoff plan of states', () => {
  const graph = (state: Parameters<typeof spendJob>[0], uid = 'spend'): ReturnType<typeof graphOf> =>
    graphOf(spendJob(state, uid))
  const states = (of: HandoffPlan): readonly string[] => of.states.map(s => `${s.uid}/${s.state} ${s.action}`)
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

function spendJob(state: StateDeclarations, uid: string) {
  return job('retail', { keyGroups: 8 })
    .from(purchases)
    .keyBy('customer')
    .apply(uid, { state, onRecord: () => undefined })
}
