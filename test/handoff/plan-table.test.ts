import { expect } from 'chai'
import { planTable } from '../../src/handoff/plan-table.ts'
import { planHandoff } from '../../src/handoff/plan.ts'
import { log, manifest, retail } from './retail.ts'

describe('plan table', () => {
  it('shows each partition in a row', () => {
    const lines = planTable(planHandoff({ graph: retail, manifest: manifest(), logs: log() }))
    expect(lines).to.deep.equal([
      'job retail from savepoint (dddddddddddd)',
      'source purchases on file:log/purchases · history in order: schedule · cut: offsets',
      '  partition  last in history  first to read  earliest  latest  to do  verdict',
      '          0                9             10         0      12      2  ready',
      '          1                3              4         4       4      0  ready',
      '          2                -              0         0       3      3  ready',
      'states: spend/total claimed, spend/recent claimed',
      'equivalence: the run equals one that took the records below the cut in the canonical schedule',
      'ready',
    ])
  })

  it('ends with what speaks against it', () => {
    const lines = planTable(
      planHandoff({
        graph: retail,
        manifest: manifest(),
        logs: log([
          [0, 12],
          [6, 9],
          [0, 3],
        ]),
      }),
    )
    expect(lines[4]).to.equal('          1                3              4         6       9      5  gap')
    expect(lines.at(-1)).to.match(
      /^refused {2}gap: source purchases partition 1: .*offsets 4 to 5 are missing; bootstrap again/,
    )
  })
})
