/** What a stream is before it is keyed: inputs that grow transforms, and get their key at the end. */
import { invalid } from '../errors.ts'
import type { KeySchema } from '../record/key.ts'
import { fieldNamed, fieldsOf, type Field, type Schema } from '../record/record.ts'
import { checkedSchema, isType } from '../record/schema-check.ts'
import { isOptional, required, typeName, type Type } from '../record/type.ts'
import { shown } from '../record/value.ts'
import type { KeyedStream } from './draft.ts'
import type { KeySelector, StageInput, Transform } from './graph.ts'
import { checkedFunction, checkedKeySchema } from './rules.ts'

/** The streams that came together, all of one schema; never empty. */
export interface StreamInputs {
  readonly schema: Schema
  readonly inputs: readonly OpenInput[]
}

/** An input that has no key yet. */
type OpenInput = Omit<StageInput, 'schema' | 'key'>

type Code = (record: never) => unknown

/** Records as they come from a source or an operator. */
export function inputsFrom(from: StageInput['from'], schema: Schema): StreamInputs {
  return { schema, inputs: [{ from, transforms: [] }] }
}

/** Behind a filter. */
export function filtered(streams: StreamInputs, keep: Code, thing: string): StreamInputs {
  return followedBy(streams, {
    kind: 'filter',
    keep: checkedFunction(keep, thing) as (record: never) => boolean,
  })
}

/** Behind a map or a flatMap, with its schema. */
export function mapped(
  streams: StreamInputs,
  kind: 'map' | 'flatMap',
  schema: Schema,
  map: Code,
  thing: string,
): StreamInputs {
  const checked = checkedSchema(schema, `${thing}: schema`)
  checkedFunction(map, thing)
  const transform = { kind, schema: checked, map } as Transform
  return { ...followedBy(streams, transform), schema: checked }
}

/** Both; `invalid`, code `different-schema`, unless fields and types are the same, in the same order. */
export function together(streams: StreamInputs, others: StreamInputs, thing: string): StreamInputs {
  const expected = described(streams.schema)
  const found = described(others.schema)
  if (expected === found) return { ...streams, inputs: [...streams.inputs, ...others.inputs] }
  const remedy = 'map one of them to the schema of the other'
  throw invalid({ code: 'different-schema', thing, expected, found, remedy })
}

/** With a key: by names of fields, or by a type and a function. */
export function keyedBy(
  { schema, inputs }: StreamInputs,
  args: readonly unknown[],
  thing: string,
): KeyedStream {
  const { key, selector } = isType(args[0]) ? keyByFunction(args, thing) : keyByFields(schema, args, thing)
  return { key, inputs: inputs.map(input => ({ ...input, schema, key: selector })) }
}

interface Keying {
  readonly key: KeySchema
  readonly selector: KeySelector
}

function keyByFields(schema: Schema, args: readonly unknown[], thing: string): Keying {
  const names = args.map(arg => checkedString(arg, thing))
  const fields = names.map(name => withoutNull(fieldNamed(fieldsOf(schema), name, thing)))
  return { key: checkedKeySchema(fields, thing), selector: { kind: 'fields', names } }
}

function keyByFunction([type, keyOf]: readonly unknown[], thing: string): Keying {
  const { spec } = type as Type<unknown>
  if (isOptional(spec)) {
    const remedy = 'the function may give null, which makes the record a bad one'
    throw invalid({
      code: 'bad-key-type',
      thing,
      expected: typeName(required(spec)),
      found: typeName(spec),
      remedy,
    })
  }
  const key = checkedKeySchema([{ name: 'key', type: spec }], thing)
  return {
    key,
    selector: { kind: 'function', keyOf: checkedFunction(keyOf, thing) as (record: never) => unknown },
  }
}

function withoutNull({ name, type }: Field): Field {
  return { name, type: required(type) }
}

function checkedString(arg: unknown, thing: string): string {
  if (typeof arg === 'string') return arg
  throw invalid({
    code: 'bad-key',
    thing,
    expected: 'names of fields, or a type and a function',
    found: shown(arg),
  })
}

function followedBy({ schema, inputs }: StreamInputs, transform: Transform): StreamInputs {
  return { schema, inputs: inputs.map(input => ({ ...input, transforms: [...input.transforms, transform] })) }
}

function described(schema: Schema): string {
  return fieldsOf(schema)
    .map(({ name, type }) => `${name} ${typeName(type)}`)
    .join(', ')
}
