/**
 * The form in which a row reaches an operator. In history every row has been through columns: it has the fields of its
 * schema and no others, and float32 values are rounded. Live rows that were made by code are brought to the same form,
 * so that no operator sees a difference (L2).
 */
import type { StageInput } from '../job/graph.ts'
import { fieldsOf, type AnyRecord } from '../record/record.ts'
import { required } from '../record/type.ts'

/** Brings a row's record to its form; null where it has it already. */
export function recordForm(input: StageInput): ((record: AnyRecord) => AnyRecord) | null {
  const fields = fieldsOf(input.schema).map(({ name, type }) => ({
    name,
    rounds: required(type).kind === 'float32',
  }))
  const mapped = input.transforms.some(({ kind }) => kind !== 'filter')
  if ('source' in input.from && !mapped) return null
  if (mapped && !fields.some(({ rounds }) => rounds)) return null
  return record => {
    const own: Record<string, unknown> = {}
    for (const { name, rounds } of fields) {
      const value = record[name] ?? null
      own[name] = rounds && value !== null ? Math.fround(value as number) : value
    }
    return own
  }
}
