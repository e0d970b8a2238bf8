/** A key as it is typed: a plain word where it has one field, a JSON array where it has several. */
import { valueFromJson } from '../codec/json-value.ts'
import { HeadwaterError, invalid, messageOf } from '../errors.ts'
import { keyCodec, type Key, type KeyPart, type KeySchema } from '../record/key.ts'
import type { Field } from '../record/record.ts'
import { required, typeName } from '../record/type.ts'

/** The key; `invalid`, code `bad-key`, says what keys of the schema look like. */
export function keyFromText(schema: KeySchema, text: string): Key {
  const [only, ...others] = schema.fields
  try {
    const forms = only !== undefined && others.length === 0 ? [jsonForm(only, text)] : jsonForms(schema, text)
    const parts = schema.fields.map(({ name, type }, i) =>
      valueFromJson(type, forms[i], `key field '${name}'`),
    )
    const codec = keyCodec(schema)
    return codec.check(codec.fromParts(parts as KeyPart[]))
  } catch (error) {
    const found = error instanceof HeadwaterError ? (error.found ?? error.message) : messageOf(error)
    throw invalid({
      code: 'bad-key',
      thing: `key '${text}'`,
      expected: formText(schema),
      found,
      cause: error,
    })
  }
}

/** What a word stands for. Digits are a number where the JSON form is one; int64 and nanoseconds are strings in JSON. */
function jsonForm({ type }: Field, text: string): unknown {
  const spec = required(type)
  switch (spec.kind) {
    case 'bool':
      return text === 'true' || (text === 'false' ? false : text)
    case 'int8':
    case 'int16':
    case 'int32':
    case 'safeInt64':
      return /^-?\d+$/.test(text) ? Number(text) : text
    case 'timestamp':
      return spec.unit !== 'ns' && /^-?\d+$/.test(text) ? Number(text) : text
    default:
      return text // the JSON form of all other keys is a string
  }
}

function jsonForms(schema: KeySchema, text: string): readonly unknown[] {
  const value: unknown = JSON.parse(text)
  if (Array.isArray(value) && value.length === schema.fields.length) return value
  throw new Error(Array.isArray(value) ? `an array of ${value.length}` : `a JSON ${typeof value}`)
}

function formText({ fields }: KeySchema): string {
  const [only, ...others] = fields
  if (only !== undefined && others.length === 0) return `${only.name} ${typeName(only.type)}`
  return `a JSON array of [${fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')}]`
}
