/** A plan that is not fulfilled, as one error. */
import { HeadwaterError } from '../errors.ts'
import type { HandoffPlan, Refusal } from './handoff.ts'

/** All refusals of a plan: one error, one line, and the list for programs. */
export class HandoffRefused extends HeadwaterError {
  readonly plan: HandoffPlan
  readonly refusals: readonly Refusal[]

  constructor(plan: HandoffPlan) {
    const last = plan.refusals.at(-1)!
    super('invalid', {
      code: 'handoff-refused',
      thing: `job ${plan.job}`,
      found: [...plan.refusals.slice(0, -1).map(refusalLine), refusedFor(last)].join(' · '),
      remedy: last.remedy, // each says its own; that of the last ends the line
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
export function refusalLine(refusal: Refusal): string {
  return `${refusedFor(refusal)}; ${refusal.remedy}`
}

function refusedFor({ code, thing, expected, found }: Refusal): string {
  return `${code}: ${thing}: expected ${expected}, found ${found}`
}
