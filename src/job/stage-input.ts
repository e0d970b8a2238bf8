/**
 * A stage's input, compiled: the stateless transforms and the key selection as plain functions. Both drivers run these,
 * so a record is filtered, mapped and keyed the same way in history and live (L1).
 */
import { badData, HeadwaterError, invalid, messageOf } from '../errors.ts'
import type { KeyCodec } from '../record/key.ts'
import type { Key } from '../record/key.ts'
import { fieldsOf, type AnyRecord, type Schema } from '../record/record.ts'
import { checkValue, shown, storedValue } from '../record/value.ts'
import type { KeySelector, StageInput, Transform } from './graph.ts'

/** Hands on what becomes of a record, in order. */
export type Pass = (record: AnyRecord) => void

/** Runs a record through the transforms; what comes out goes to `pass`. */
export type Chain = (record: AnyRecord, pass: Pass) => void

/** The transforms of an input as one function; null when there are none. */
export function compileTransforms(input: StageInput): Chain | null {
  return input.transforms.map(compileTransform).reduceRight<Chain | null>(before, null)
}

function before(rest: Chain | null, first: Chain): Chain {
  if (rest === null) return first
  return (record, pass) => first(record, passed => rest(passed, pass))
}

function compileTransform(transform: Transform): Chain {
  switch (transform.kind) {
    case 'filter': {
      const keep = transform.keep as (record: AnyRecord) => boolean
      return (record, pass) => {
        if (keep(record)) pass(record)
      }
    }
    case 'map': {
      const map = transform.map as (record: AnyRecord) => unknown
      const check = recordCheck(transform.schema, 'map')
      return (record, pass) => pass(check(map(record)))
    }
    case 'flatMap': {
      const map = transform.map as (record: AnyRecord) => Iterable<unknown>
      const check = recordCheck(transform.schema, 'flatMap')
      return (record, pass) => {
        for (const mapped of map(record)) pass(check(mapped))
      }
    }
  }
}

/** A fresh record with just the schema's fields, each checked and in the form in which a column gives it back (L2). */
function recordCheck(schema: Schema, thing: string): (value: unknown) => AnyRecord {
  const fields = fieldsOf(schema)
  return value => {
    if (typeof value !== 'object' || value === null) {
      throw badData({
        code: 'wrong-type',
        thing: `result of ${thing}`,
        expected: 'a record',
        found: shown(value),
      })
    }
    const record: Record<string, unknown> = {}
    for (const { name, type } of fields) {
      const field = (value as AnyRecord)[name] ?? null
      checkValue(type, field, `field '${name}' from ${thing}`)
      record[name] = storedValue(type, field)
    }
    return record
  }
}

/** The key of a record, checked: `data` with code `null-key` when a part is null. */
export function compileKey(selector: KeySelector, codec: KeyCodec): (record: AnyRecord) => Key {
  if (selector.kind === 'function') {
    const keyOf = selector.keyOf as (record: AnyRecord) => unknown
    return record => codec.check(keyOf(record))
  }
  const [first, ...others] = selector.names
  if (first !== undefined && others.length === 0) return record => codec.check(record[first])
  return record => codec.check(selector.names.map(name => record[name]))
}

/** The error of user code outside operators: names the place, keeps a Headwater error's kind and code. */
export function userCodeFailed(error: unknown, where: string): HeadwaterError {
  if (error instanceof HeadwaterError) {
    const { code, expected, found, remedy } = error
    const parts = { code, thing: `${where}: ${error.thing}`, expected, found, remedy, cause: error }
    return new HeadwaterError(
      error.kind,
      Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as never,
    )
  }
  const remedy = 'fix the function, or filter such records out'
  return invalid({ code: 'transform-failed', thing: where, found: messageOf(error), remedy, cause: error })
}
