/** A plan that is not fulfilled, as one error. */
import { HeadwaterError } from '../errors.ts'
import type { HandoffPlan, Refusal } from './handoff.ts'

/** All refusals of a plan: one error, one line, and the list for programs. */
export class HandoffRefused extends HeadwaterError {
  readonly plan: HandoffPlan
  readonly refusals: readonly Refusal[]

  constructor(plan: HandoffPlan) {
    super('invalid', {
      code: 'handoff-refused',
      thing: `job ${plan.job}`,
      found: plan.refusals.map(refusalLine).join(' · '),
    })
    this.plan = plan
    this.refusals = plan.refusals
  }
}

/** Throws `invalid`, code `handoff-refused`, unless the plan may be obeyed. */
export function refuse(plan: HandoffPlan): void {
  if (!plan.ok) throw new HandoffRefused(plan)
}

/** A refusal for people, in the form of an error's message. */
export function refusalLine({ code, thing, expected, found, remedy }: Refusal): string {
  return `${code}: ${thing}: expected ${expected}, found ${found}; ${remedy}`
}
