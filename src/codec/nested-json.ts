/** The JSON form of nested values, and back; json-value.ts has the table. */
import { badData } from '../errors.ts'
import { compareMapKeys, type MapKey } from '../record/map-key.ts'
import type { NestedSpec, TypeSpec } from '../record/type.ts'
import { frozenMap, shown, within } from '../record/value.ts'
import type { Json } from './json-value.ts'

type ToJson = (type: TypeSpec, value: unknown) => Json
type FromJson = (type: TypeSpec, json: unknown, thing: string) => unknown

/** The JSON form of a checked value. */
export function nestedToJson(spec: NestedSpec, value: unknown, toJson: ToJson): Json {
  switch (spec.kind) {
    case 'list':
      return (value as readonly unknown[]).map(item => toJson(spec.of, item))
    case 'map': {
      const map = value as ReadonlyMap<MapKey, unknown>
      const keys = [...map.keys()].sort(compareMapKeys(spec.key))
      return keys.map(key => [toJson(spec.key, key), toJson(spec.value, map.get(key))])
    }
    case 'struct': {
      const record = value as Readonly<Record<string, unknown>>
      return Object.fromEntries(spec.fields.map(({ name, type }) => [name, toJson(type, record[name])]))
    }
  }
}

/** The value of a JSON form, frozen, undefined where it is of another kind; parts are checked by `fromJson`, with their path. */
export function nestedFromJson(spec: NestedSpec, json: unknown, thing: string, fromJson: FromJson): unknown {
  switch (spec.kind) {
    case 'list':
      if (!Array.isArray(json)) return undefined
      return Object.freeze(json.map((item: unknown, i) => fromJson(spec.of, item, within(thing, `[${i}]`))))
    case 'map':
      return mapFromJson(spec, json, thing, fromJson)
    case 'struct': {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
      const record = json as Readonly<Record<string, unknown>>
      return Object.freeze(
        Object.fromEntries(
          spec.fields.map(({ name, type }) => {
            const part = Object.hasOwn(record, name) ? record[name] : undefined
            return [name, fromJson(type, part, within(thing, `.${name}`))]
          }),
        ),
      )
    }
  }
}

/** The Map, its entries in the order of the keys whatever their order was, as columns give them back. */
function mapFromJson(
  spec: Extract<NestedSpec, { kind: 'map' }>,
  json: unknown,
  thing: string,
  fromJson: FromJson,
): unknown {
  const pairs = pairsOf(spec, json)
  if (pairs === undefined) return undefined
  const entries = pairs.map(([key, value]): [MapKey, unknown] => [
    fromJson(spec.key, key, within(thing, ' key')) as MapKey,
    fromJson(spec.value, value, within(thing, `[${JSON.stringify(key)}]`)),
  ])
  const compare = compareMapKeys(spec.key)
  const map = frozenMap(entries.sort(([a], [b]) => compare(a, b)))
  if (map.size === entries.length) return map
  const twice = entries.find(([key], i) => i > 0 && compare(entries[i - 1]![0], key) === 0)![0]
  throw badData({
    code: 'duplicate-map-key',
    thing,
    expected: 'each key once',
    found: `${shown(twice)} twice`,
  })
}

function pairsOf(
  { key }: Extract<NestedSpec, { kind: 'map' }>,
  json: unknown,
): readonly (readonly [unknown, unknown])[] | undefined {
  if (Array.isArray(json)) {
    return json.every(pair => Array.isArray(pair) && pair.length === 2)
      ? (json as [unknown, unknown][])
      : undefined
  }
  const isText = key.kind === 'string' || key.kind === 'enum'
  return isText && typeof json === 'object' && json !== null ? Object.entries(json) : undefined
}
