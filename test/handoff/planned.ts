/** A plan of the retail job, and what tests ask of one. */
import { expect } from 'chai'
import type { HandoffFlags, HandoffPlan, Refusal } from '../../src/handoff/handoff.ts'
import { planHandoff } from '../../src/handoff/plan.ts'
import type { Manifest } from '../../src/savepoint/manifest.ts'
import type { LogDescription } from '../../src/source/log.ts'
import { retail } from './retail.ts'

/** The plan for the retail job. */
export const plan = (
  from: Manifest,
  logs: ReadonlyMap<string, LogDescription>,
  flags: HandoffFlags = {},
): HandoffPlan => planHandoff({ graph: retail, manifest: from, logs, flags })
/** Its refusals. */
export const codes = ({ refusals }: HandoffPlan): readonly string[] =>
  refusals.map(({ code, thing }) => `${code} ${thing}`)
/** What it says of each partition. */
export const verdicts = ({ sources }: HandoffPlan): readonly string[] =>
  sources.flatMap(s => s.partitions.map(p => p.verdict))
/** Its one refusal. */
export const only = ({ refusals }: HandoffPlan): Refusal => {
  expect(refusals).to.have.lengthOf(1)
  return refusals[0] as Refusal
}
