/** What happened to a key's entry of one state, from A to B. */
import type { Key, KeySchema } from '../../record/key.ts'
import type { TypeSpec } from '../../record/type.ts'
import type { StateSchema } from '../../state/state.ts'

/** One part of a value, before and after; undefined where there is none. */
export interface ChangedField {
  /** The state's name, `[3]` for an element of a list, with `.name` behind for a field of a struct. */
  readonly field: string
  readonly type: TypeSpec
  readonly before: unknown
  readonly after: unknown
}

/** A key whose entry is not the same in A and B. */
export interface KeyChange {
  readonly kind: 'added' | 'removed' | 'changed'
  readonly uid: string
  readonly state: StateSchema
  readonly schema: KeySchema
  readonly keyGroup: number
  readonly key: Key
  /** At most a thousand; `more` says how many others there are. */
  readonly fields: readonly ChangedField[]
  readonly more: number
}
