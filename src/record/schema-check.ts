/** Whether what was given as a schema is one; for callers in plain JavaScript too. */
import { invalid } from '../errors.ts'
import type { Schema } from './record.ts'
import { isFieldName } from './type-check.ts'
import { shown } from './value.ts'

/** Returns a frozen copy of the schema, or throws `invalid`, code `bad-schema`, naming `thing`. */
export function checkedSchema<S extends Schema>(schema: S, thing: string): S {
  if (typeof schema !== 'object' || schema === null) {
    throw invalid({
      code: 'bad-schema',
      thing,
      expected: 'an object of fields with their types',
      found: shown(schema),
    })
  }
  const fields = Object.entries(schema)
  if (fields.length === 0)
    throw invalid({ code: 'bad-schema', thing, expected: 'at least one field', found: 'none' })
  for (const [name, type] of fields) {
    checkFieldName(name, thing)
    if (!isType(type)) {
      const remedy = 'types are made by t, as in t.string()'
      throw invalid({
        code: 'bad-schema',
        thing: `${thing}: field '${name}'`,
        expected: 'a type',
        found: shown(type),
        remedy,
      })
    }
  }
  return Object.freeze({ ...schema })
}

/** Whether it was made by `t`, of this copy of the library or another. */
export function isType(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('spec' in value)) return false
  const { spec } = value
  return typeof spec === 'object' && spec !== null && 'kind' in spec
}

function checkFieldName(name: string, thing: string): void {
  if (isFieldName(name)) return
  throw invalid({
    code: 'bad-name',
    thing: `${thing}: field`,
    expected: 'a field name',
    found: JSON.stringify(name),
  })
}
