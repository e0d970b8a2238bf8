/**
 * The form in which a row reaches an operator. In history every row has been through columns: it has the fields of its
 * schema and no others, float32 values are rounded, and nested values are copies. Live rows that were made by code are brought to the same form,
 * so that no operator sees a difference (L2).
 */
import type { StageInput } from '../job/graph.ts'
import { fieldsOf, type AnyRecord } from '../record/record.ts'
import { isNested, required } from '../record/type.ts'
import { storedValue } from '../record/value.ts'

/** Brings a row's record to its form; null where it has it already. */
export function recordForm(input: StageInput): ((record: AnyRecord) => AnyRecord) | null {
  const fields = fieldsOf(input.schema).map(({ name, type }) => ({
    name,
    type,
    changes: required(type).kind === 'float32' || isNested(type),
  }))
  const mapped = input.transforms.some(({ kind }) => kind !== 'filter')
  if ('source' in input.from && !mapped) return null
  if (mapped && !fields.some(({ changes }) => changes)) return null
  return record => {
    const own: Record<string, unknown> = {}
    for (const { name, type, changes } of fields) {
      const value = record[name] ?? null
      own[name] = changes ? storedValue(type, value) : value
    }
    return own
  }
}
