/**
 * What an operator declares and is handed: kinds of keyed state and their handles. Handles are synchronous, always
 * speak of the key in focus, and can't tell history from live (L2).
 */
import { invalid } from '../errors.ts'
import type { MapKey } from '../record/map-key.ts'
import { t, typeName, type RequiredSpec, type Type, type TypeSpec } from '../record/type.ts'
import { isValueOf, shown, storedValue } from '../record/value.ts'

/** The kinds of state. */
export type StateKind = 'value' | 'list' | 'reducing' | 'map' | 'aggregating'

/** A state's declaration as plain data, as it stands in manifests. */
export interface StateSchema {
  readonly name: string
  readonly kind: StateKind
  /** The type of a value, of one element of a list, of an accumulator; of a map the map's, `map(K, V)`. */
  readonly type: TypeSpec
}

/** The type of one entry's value: what a row of the state holds. */
export function entryType({ kind, type }: Pick<StateSchema, 'kind' | 'type'>): TypeSpec {
  return kind === 'map' && type.kind === 'map' ? type.value : type
}

/** The type of an entry's key in a map; null for other kinds of state. */
export function entryKeyType({ kind, type }: Pick<StateSchema, 'kind' | 'type'>): RequiredSpec | null {
  return kind === 'map' && type.kind === 'map' ? type.key : null
}

/** A declared state; `H` is the handle that an operator is given for it. */
export interface StateDeclaration<out H = unknown> {
  readonly kind: StateKind
  readonly type: TypeSpec
  /** What `get` answers when the key has no entry; undefined unless given. Never stored. */
  readonly initial?: unknown
  /** Reducing state only: how two values become one. */
  readonly reduce?: (total: never, next: never) => unknown
  /** Aggregating state only: what `get` answers for an accumulator. */
  readonly result?: (accumulator: never) => unknown
  /** Never set: it only carries the handle's type. */
  readonly '~handle'?: H
}

/** Declared states by name. */
export type StateDeclarations = Readonly<Record<string, StateDeclaration>>

/** The handles of declared states. */
export type HandlesOf<S extends StateDeclarations> = {
  readonly [N in keyof S]: S[N] extends StateDeclaration<infer H> ? H : never
}

/** One value a key. `D` is what `get` answers when there is none. */
export interface ValueHandle<V, D> {
  get(): V | D
  set(value: V): void
  /** Removes the entry; `get` then answers the initial value. */
  clear(): void
}

/** A list a key. */
export interface ListHandle<V> {
  readonly length: number
  /** The elements, oldest first, as they are now: later writes don't change what was given. */
  get(): readonly V[]
  add(element: V): void
  /** Replaces all elements. */
  set(elements: readonly V[]): void
  clear(): void
}

/** One value a key, which each `add` reduces into. */
export interface ReducingHandle<V, D> {
  get(): V | D
  add(value: V): void
  clear(): void
}

/** A map a key. Keys and entries come in the order of the keys. */
export interface MapHandle<K, V> {
  readonly size: number
  get(key: K): V | undefined
  has(key: K): boolean
  set(key: K, value: V): void
  /** Whether there was an entry. */
  delete(key: K): boolean
  /** As they are now: later writes don't change what was given. */
  keys(): readonly K[]
  values(): readonly V[]
  entries(): readonly (readonly [K, V])[]
  clear(): void
}

/** One accumulator a key: what is added goes into it, what is asked for is made of it. */
export interface AggregatingHandle<I, R> {
  get(): R
  add(input: I): void
  /** Removes the accumulator; `get` then answers what the initial one gives. */
  clear(): void
}

/** One value a key: `value(t.float64(), 0)` answers 0 until it is set, `value(t.float64())` answers undefined. */
export function value<V, D extends V | undefined = undefined>(
  type: Type<V>,
  initial?: D,
): StateDeclaration<ValueHandle<V, D>> {
  return { kind: 'value', type: type.spec, ...initialOf(type, initial) }
}

/** A list a key; each element is an entry of its own. */
export function list<V>(type: Type<V>): StateDeclaration<ListHandle<V>> {
  return { kind: 'list', type: type.spec }
}

/** One value a key, folded by `reduce(total, next)`; the first `add` stores its value, or reduces it into `initial`. */
export function reducing<V, D extends V | undefined = undefined>(
  type: Type<V>,
  reduce: (total: V, next: V) => V,
  initial?: D,
): StateDeclaration<ReducingHandle<V, D>> {
  if (typeof reduce !== 'function') {
    const expected = 'a function of the total and the next value'
    throw invalid({ code: 'bad-function', thing: 'reducing', expected, found: shown(reduce) })
  }
  return { kind: 'reducing', type: type.spec, reduce, ...initialOf(type, initial) }
}

/** A map a key; each entry is stored by itself. */
export function map<K extends MapKey, V>(key: Type<K>, value: Type<V>): StateDeclaration<MapHandle<K, V>> {
  return { kind: 'map', type: t.map(key, value).spec }
}

/**
 * An accumulator a key: `add(accumulator, input)` gives the next one, and is given a frozen one where its type is nested;
 * `result(accumulator)` is what `get` answers. `initial` is never stored.
 */
export function aggregating<A, I, R>(declared: {
  readonly accumulator: Type<A>
  readonly initial: A
  readonly add: (accumulator: A, input: I) => A
  readonly result: (accumulator: A) => R
}): StateDeclaration<AggregatingHandle<I, R>> {
  const { accumulator: type, initial, add: reduce, result } = declared
  for (const [name, given] of Object.entries({ add: reduce, result })) {
    if (typeof given === 'function') continue
    throw invalid({
      code: 'bad-function',
      thing: `aggregating: ${name}`,
      expected: 'a function',
      found: shown(given),
    })
  }
  const kept = initialOf(type, initial)
  if (!('initial' in kept))
    throw invalid({
      code: 'wrong-type',
      thing: 'aggregating: initial',
      expected: typeName(type.spec),
      found: 'undefined',
    })
  return { kind: 'aggregating', type: type.spec, reduce, result, ...kept }
}

/** The initial value, checked against its type. */
function initialOf(type: Type<unknown>, initial: unknown): { readonly initial?: unknown } {
  if (initial === undefined) return {}
  if (isValueOf(type.spec, initial)) return { initial: storedValue(type.spec, initial) }
  const expected = typeName(type.spec)
  throw invalid({ code: 'wrong-type', thing: 'initial value of a state', expected, found: shown(initial) })
}
