/** What speaks against a start, and whether a flag accepts it: nothing is accepted without being remembered (L7). */
import type { AcceptedRefusal, Refusal } from './handoff.ts'

/** One reason not to start, accepted or not. */
export interface Objection {
  readonly refusal: Refusal
  /** The flag that accepts it, as it is written on the command line; null where none was given. */
  readonly accepted: string | null
}

/** Objections by what becomes of them. */
export interface Judged {
  readonly refusals: readonly Refusal[]
  readonly accepted: readonly AcceptedRefusal[]
}

/** Parts what is refused from what is accepted by the start that is planned. */
export function judged(objections: readonly Objection[]): Judged {
  return {
    refusals: objections.flatMap(({ refusal, accepted }) => (accepted === null ? [refusal] : [])),
    accepted: objections.flatMap(({ refusal: { code, thing, found }, accepted: flag }) =>
      flag === null ? [] : [{ code, thing, found, flag, atMs: null }],
    ),
  }
}
