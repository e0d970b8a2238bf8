/** Finds the columns of a log that says nothing of its values: one pass over all of them. */
import type { Field } from '../../record/record.ts'
import type { RequiredSpec } from '../../record/type.ts'
import { Undecodable } from '../undecodable.ts'
import type { ArchiveFields } from './archive-fields.ts'

/** What kinds of values a field was seen with, one bit each. */
const seen = { bool: 1, whole: 2, fraction: 4, text: 8, nested: 16 } as const

/** Looks at values and says what columns hold them all. */
export class FieldInference {
  readonly #kinds = new Map<string, number>()
  /** How many it looked at. */
  values = 0

  /** Looks at the value of one record; what is no object adds no field. */
  add(value: unknown): void {
    this.values++
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return
    if (value instanceof Undecodable) return
    for (const [name, field] of Object.entries(value)) {
      const before = this.#kinds.get(name) ?? 0
      const now = before | kindOf(field)
      if (now !== before || before === 0) this.#kinds.set(name, now)
    }
  }

  /**
   * Columns in the order in which fields were first seen, all optional: bool, safeInt64, float64 (for whole numbers and
   * fractions mixed too) and string; a field with other or mixed values is a string that holds their JSON text.
   */
  fields(): ArchiveFields {
    const columns = [...this.#kinds].map(([name, kinds]) => ({ name, spec: specOf(kinds) }))
    const fields = columns.map(({ name, spec }): Field => ({
      name,
      type: { kind: 'optional', of: spec ?? text },
    }))
    return {
      fields,
      jsonText: columns.flatMap(({ name, spec }) => (spec === null ? [name] : [])),
      closed: true,
      found: true,
    }
  }
}

const text: RequiredSpec = { kind: 'string' }

function kindOf(value: unknown): number {
  switch (typeof value) {
    case 'boolean':
      return seen.bool
    case 'string':
      return seen.text
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? seen.whole : seen.fraction
    default:
      return value === null ? 0 : seen.nested
  }
}

/** null for JSON text, which also holds a field that was never more than null: any later value fits it. */
function specOf(kinds: number): RequiredSpec | null {
  switch (kinds) {
    case seen.bool:
      return { kind: 'bool' }
    case seen.whole:
      return { kind: 'safeInt64' }
    case seen.fraction:
    case seen.whole | seen.fraction:
      return { kind: 'float64' }
    case seen.text:
      return text
    default:
      return null
  }
}
