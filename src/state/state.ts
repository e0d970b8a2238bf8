/**
 * What an operator declares and is handed: kinds of keyed state and their handles. Handles are synchronous, always
 * speak of the key in focus, and can't tell history from live (L2).
 */
import { invalid } from '../errors.ts'
import { typeName, type Type, type TypeSpec } from '../record/type.ts'
import { isValueOf, shown } from '../record/value.ts'

/** The kinds of state. */
export type StateKind = 'value' | 'list' | 'reducing'

/** A state's declaration as plain data, as it stands in manifests. */
export interface StateSchema {
  readonly name: string
  readonly kind: StateKind
  /** The type of a value, or of one element of a list. */
  readonly type: TypeSpec
}

/** A declared state; `H` is the handle that an operator is given for it. */
export interface StateDeclaration<out H = unknown> {
  readonly kind: StateKind
  readonly type: TypeSpec
  /** What `get` answers when the key has no entry; undefined unless given. Never stored. */
  readonly initial?: unknown
  /** Reducing state only: how two values become one. */
  readonly reduce?: (total: never, next: never) => unknown
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
  /** The elements, oldest first: a view that is valid until the next write. */
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

/** The initial value, checked against its type. */
function initialOf(type: Type<unknown>, initial: unknown): { readonly initial?: unknown } {
  if (initial === undefined) return {}
  if (isValueOf(type.spec, initial)) return { initial }
  const expected = typeName(type.spec)
  throw invalid({ code: 'wrong-type', thing: 'initial value of a state', expected, found: shown(initial) })
}
