// A source that is read by its key gets partitions: what the plan says and keeps.
import { expect } from 'chai'
import type { HandoffFlags, HandoffPlan } from '../../src/handoff/handoff.ts'
import { planHandoff } from '../../src/handoff/plan.ts'
import { planTable } from '../../src/handoff/plan-table.ts'
import { t } from '../../src/record/type.ts'
import type { Manifest } from '../../src/savepoint/manifest.ts'
import { source } from '../../src/source/declare.ts'
import { log, manifest, retail } from './retail.ts'

describe('partitions more than keys were divided among', () => {
  const keyed = source('purchases', {
    schema: { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') },
    eventTime: 'at',
    partitionedByKey: true,
  })
  const graph = { ...retail, sources: [keyed] }
  const from = manifest()
  const grown = (given: HandoffFlags): HandoffPlan =>
    planHandoff({ graph, manifest: from, logs: four, flags: given })
  const four = log([
    [0, 12],
    [4, 4],
    [0, 3],
    [0, 5],
  ])
  const codes = ({ refusals }: HandoffPlan): readonly string[] =>
    refusals.map(({ code, thing }) => `${code} ${thing}`)

  it('are refused, and divide the keys anew where that is accepted', () => {
    const made = grown({})
    expect(codes(made)).to.deep.equal(['partition-count-changed source purchases partition 3'])
    expect(made.refusals[0]?.remedy).to.contain('--new-partitions earliest')
    expect(made.sources[0]).not.to.have.property('growths')
    expect(planHandoff({ graph, manifest: from, logs: log() })).to.include({ ok: true, schedule: 'any' })
  })

  it('leave what former partitions held and showed at that instant', () => {
    const made = grown({ newPartitions: 'earliest' })
    expect(made).to.include({ ok: true, schedule: 'moved' })
    expect(made.accepted.map(({ code, thing, flag }) => [code, thing, flag])).to.deep.equal([
      ['partition-count-changed', 'source purchases partition 3', '--new-partitions earliest'],
    ])
    const growth = {
      count: 3,
      partitions: [
        { partition: 0, end: 12, runningMax: 5000 },
        { partition: 1, end: 4, runningMax: 4000 },
        { partition: 2, end: 3, runningMax: null },
        { partition: 3, end: 5, runningMax: null },
      ],
    }
    expect(made.sources[0]?.growths).to.deep.equal([growth])
    const text = planTable(made).join('\n')
    expect(text).to.contain('grown beyond 3 partitions: up to 0:12,1:4,2:3,3:5 they may hold records of keys')
    expect(text).to.contain('Kafka gives a moved key no order between its old and its new partition')
    // Known from then on, until all of it is read.
    const read = (next: readonly number[]): Manifest =>
      manifest(
        {
          growths: [growth],
          partitions: next.map((at, partition) => ({
            partition,
            next: at,
            runningMax: 1,
            history: null,
          })),
        },
        { kind: 'checkpoint', number: 7, history: [] },
      )
    const later = planHandoff({ graph, manifest: read([12, 4, 2, 5]), logs: four })
    expect([later.ok, later.schedule, later.sources[0]?.growths]).to.deep.equal([true, 'moved', [growth]])
    const over = planHandoff({ graph, manifest: read([12, 4, 3, 5]), logs: four })
    expect(over).to.include({ ok: true, schedule: 'any' })
    expect(planTable(over).join('\n')).not.to.contain('grown')
  })
})
