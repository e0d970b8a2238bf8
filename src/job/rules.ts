/** What is checked while a job is built, so that a wrong one fails where it is written and not in the middle of a run. */
import { invalid } from '../errors.ts'
import type { AnyOperator, OperatorSpec } from '../operator/operator.ts'
import { defaultKeyGroups } from '../record/key-group.ts'
import { keyCodec, type KeySchema } from '../record/key.ts'
import { checkedName } from '../record/name.ts'
import { refuseUnknownOptions } from '../record/options.ts'
import type { Field, Schema } from '../record/record.ts'
import { checkedSchema, isType } from '../record/schema-check.ts'
import { shown } from '../record/value.ts'
import type { Source } from '../source/source.ts'
import type { StateDeclaration, StateDeclarations, StateKind } from '../state/state.ts'

/** Columns of every segment, beside the key's fields and the state. */
const reservedColumns = ['key_group', 'index', 'map_key', 'deleted']

const stateKinds: Readonly<Record<StateKind, true>> = {
  value: true,
  list: true,
  reducing: true,
  map: true,
  aggregating: true,
}

/** The largest G; a segment's key_group column is 16 bits wide. */
const maxKeyGroups = 32768

/** Names that only letters' case tells apart would be one file, or one SQL column, in some places. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** G, or `invalid`, code `bad-key-groups`. */
export function checkedKeyGroups(keyGroups: number | undefined, thing: string): number {
  if (keyGroups === undefined) return defaultKeyGroups
  if (Number.isInteger(keyGroups) && keyGroups >= 1 && keyGroups <= maxKeyGroups) return keyGroups
  const expected = `a whole number from 1 to ${maxKeyGroups}`
  throw invalid({ code: 'bad-key-groups', thing: `${thing}: keyGroups`, expected, found: shown(keyGroups) })
}

/** The source, or `invalid`, code `not-a-source`, when it was not made by `source`. */
export function checkedSource(given: Source, thing: string): Source {
  if (typeof given === 'object' && given !== null && 'handoffLatenessMs' in given) return given
  throw invalid({ code: 'not-a-source', thing, expected: 'what source(…) gives', found: shown(given) })
}

/** The function, or `invalid`, code `bad-function`, when it is none or an asynchronous one. */
export function checkedFunction<F>(given: F, thing: string): F {
  const found = typeof given === 'function' ? asynchronousKind(given) : shown(given)
  if (found === null) return given
  throw invalid({ code: 'bad-function', thing, expected: 'a synchronous function', found })
}

function asynchronousKind(given: object): string | null {
  const kind = Object.prototype.toString.call(given)
  return kind.includes('Async') ? kind.slice('[object '.length, -1) : null
}

/** The key schema of these fields; `invalid`, codes `bad-key-type`, `duplicate-key-field` and `reserved-name`. */
export function checkedKeySchema(fields: readonly Field[], thing: string): KeySchema {
  const names = fields.map(field => field.name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw invalid({
      code: 'duplicate-key-field',
      thing,
      expected: 'each field once',
      found: `${twice} twice`,
    })
  }
  for (const name of names) refuseReserved(name, `${thing}: key field '${name}'`)
  const schema: KeySchema = { fields }
  keyCodec(schema)
  return schema
}

/** The operator as the graph holds it, its state and schema checked against the key. */
export function checkedOperator<R, K, S extends StateDeclarations, E extends Schema | undefined>(
  uid: string,
  spec: OperatorSpec<R, K, S, E>,
  key: KeySchema,
  job: string,
): AnyOperator {
  const thing = `job ${job}: operator ${checkedName(uid, `job ${job}: operator uid`)}`
  refuseUnknownOptions(spec, ['state', 'emits', 'onRecord'], thing)
  const state = checkedState(spec.state, key, thing)
  const emits = spec.emits === undefined ? null : checkedSchema<Schema>(spec.emits, `${thing}: emits`)
  const onRecord = checkedFunction(spec.onRecord, `${thing}: onRecord`) as AnyOperator['onRecord']
  return Object.freeze({ uid, state, emits, onRecord })
}

function checkedState(state: StateDeclarations, key: KeySchema, thing: string): StateDeclarations {
  if (typeof state !== 'object' || state === null) {
    const remedy = 'write state: {} when nothing is kept'
    throw invalid({
      code: 'bad-state',
      thing: `${thing}: state`,
      expected: 'declared states',
      found: shown(state),
      remedy,
    })
  }
  const names = Object.keys(state)
  for (const [i, name] of names.entries()) {
    const place = `${thing}: state '${checkedName(name, `${thing}: state`)}'`
    refuseReserved(name, place)
    refuseOther(name, names.slice(0, i), 'state', place)
    refuseOther(
      name,
      key.fields.map(field => field.name),
      'key field',
      place,
    )
    if (isStateDeclaration(state[name])) continue
    const expected = 'value(…), list(…), map(…), reducing(…) or aggregating(…)'
    throw invalid({ code: 'bad-state', thing: place, expected, found: shown(state[name]) })
  }
  return Object.freeze({ ...state })
}

function isStateDeclaration(declared: StateDeclaration | undefined): boolean {
  if (typeof declared !== 'object' || declared === null) return false
  return Object.hasOwn(stateKinds, declared.kind) && isType({ spec: declared.type })
}

function refuseReserved(name: string, thing: string): void {
  if (!reservedColumns.some(reserved => sameName(reserved, name))) return
  const expected = `another name: savepoints have the columns ${reservedColumns.join(', ')} of their own`
  throw invalid({
    code: 'reserved-name',
    thing,
    expected,
    found: name,
    remedy: 'rename it, or map it to another field',
  })
}

function refuseOther(name: string, others: readonly string[], what: string, thing: string): void {
  const other = others.find(candidate => sameName(candidate, name))
  if (other === undefined) return
  const expected = 'a name of its own: both are columns of one table'
  throw invalid({ code: 'duplicate-name', thing, expected, found: `the ${what} '${other}'` })
}
