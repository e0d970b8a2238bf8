/**
 * One state of all resident keys of a stage, as a struct of arrays indexed by slot. The bounded fold keeps one key
 * group in it at a time, the live table keeps the keys in use. Values are JavaScript values; they are encoded only when
 * they leave the process.
 *
 * I1. `values[slot]` means something only while `flags[slot]` has `present`.
 * I2. A slot whose `dirty` flag is set stands in `dirtySlots`; the converse need not hold after an undo.
 * I3. Within one operator call only the focused slot is written, so one remembered cell undoes the call.
 */
import { compareMapKeys, type MapKey } from '../record/map-key.ts'
import { isNested, required, type TypeSpec } from '../record/type.ts'
import { checkValue, storedValue } from '../record/value.ts'
import type { Focus } from './focus.ts'
import { MapCell, type CompareKeys } from './map-cell.ts'
import { entryKeyType, entryType, type StateDeclaration, type StateKind } from './state.ts'

/** There is an entry. */
export const present = 1
/** It differs from what is stored. */
export const dirty = 2
/** List only: what is stored below no longer counts. */
export const replaced = 4
/** List only: the array was handed out, so the next write goes to a copy. */
export const shared = 8
/** Only while dirty slots are taken: this one was. */
const taken = 16

/** One state of all resident keys. */
export class StateColumn {
  readonly name: string
  readonly kind: StateKind
  /** Of a value, an element, an entry's value or an accumulator. */
  readonly type: TypeSpec
  readonly initial: unknown
  readonly reduce: ((total: never, next: never) => unknown) | undefined
  readonly result: ((accumulator: never) => unknown) | undefined
  /** Map only: the order of the entries' keys, and their type. */
  readonly compareKeys: CompareKeys
  readonly keyType: TypeSpec | null
  readonly #isNested: boolean
  readonly values: unknown[] = []
  readonly flags: number[] = []
  /** List only: how many of the elements are stored already. */
  readonly storedCounts: number[] = []
  readonly dirtySlots: number[] = []
  /** Whether `get` gives copies: bytes can't be frozen, wherever they are in a value. */
  readonly copies: boolean
  readonly #focus: Focus
  readonly #placeholder: unknown
  readonly #label: string
  /** What `owned` may pass without a look at the type: most state is numbers, and each record writes some. */
  readonly #takesAnyNumber: boolean
  readonly #least: number
  readonly #most: number
  #rememberedCall = -1
  #oldValue: unknown
  #oldFlags = 0
  #oldStored = 0
  #oldLength = 0

  constructor(name: string, declaration: StateDeclaration, focus: Focus) {
    this.name = name
    this.kind = declaration.kind
    this.type = entryType(declaration)
    this.keyType = entryKeyType(declaration)
    this.compareKeys = compareMapKeys(this.keyType ?? this.type)
    this.#isNested = isNested(this.type)
    this.initial = declaration.initial
    this.reduce = declaration.reduce
    this.result = declaration.result
    this.#focus = focus
    this.#placeholder = placeholderOf(declaration)
    this.copies = holdsBytes(this.type)
    this.#label = `state ${name}`
    this.#takesAnyNumber = this.type.kind === 'float64'
    const [least, most] = wholeNumberRange(this.type)
    this.#least = least
    this.#most = most
  }

  get focus(): Focus {
    return this.#focus
  }

  /** Makes that slot, a new one or one of a forgotten key, one without an entry. */
  clearSlot(slot: number): void {
    this.values[slot] = this.#placeholder
    this.flags[slot] = 0
    if (this.kind === 'list') this.storedCounts[slot] = 0
  }

  /** Forgets which slots are dirty. */
  clearDirty(): void {
    this.dirtySlots.length = 0
  }

  /** Puts a stored entry into a slot: present, and as it is stored. */
  load(slot: number, value: unknown): void {
    this.values[slot] = this.#isNested ? this.#restored(value) : value
    if (this.kind === 'map') this.values[slot] = this.#restoredMap(value as ReadonlyMap<MapKey, unknown>)
    this.flags[slot] = present
    if (this.kind === 'list') this.storedCounts[slot] = (value as unknown[]).length
  }

  /** The value in the form that a restored run would find: checked, rounded where the type is narrower, and unshared. */
  owned(value: unknown): unknown {
    if (typeof value === 'number') {
      if (this.#takesAnyNumber) return value
      if (value >= this.#least && value <= this.#most && Math.floor(value) === value) return value + 0
    }
    checkValue(this.type, value, this.#label)
    return storedValue(this.type, value)
  }

  /** A stored value as an operator is given it: whatever it does to it, state stays as it is. */
  given(value: unknown): unknown {
    return this.copies && value !== undefined ? storedValue(this.type, value) : value
  }

  /** A key of a map in that form. */
  ownedKey(key: unknown): MapKey {
    const type = this.keyType as TypeSpec
    checkValue(type, key, `${this.#label} key`)
    return storedValue(type, key) as MapKey
  }

  /** Called before each write to the focused slot: remembers the cell for `undo`, marks it dirty. */
  willWrite(slot: number): void {
    const flags = this.flags[slot] as number
    if (this.#rememberedCall !== this.#focus.call) this.#remember(slot, flags)
    if ((flags & dirty) === 0) this.dirtySlots.push(slot)
  }

  /** Takes back what the current call wrote. */
  undo(slot: number): void {
    if (this.#rememberedCall !== this.#focus.call) return
    this.values[slot] = this.#oldValue
    this.flags[slot] = this.#oldFlags
    if (this.kind === 'map') (this.#oldValue as MapCell | undefined)?.rollback()
    if (this.kind !== 'list') return
    this.storedCounts[slot] = this.#oldStored
    if (Array.isArray(this.#oldValue)) this.#oldValue.length = this.#oldLength
  }

  /** Slots that differ from what is stored, each once; they count as stored afterwards. */
  takeDirty(): readonly number[] {
    const { dirtySlots, flags } = this
    const slots: number[] = []
    for (let i = 0; i < dirtySlots.length; i++) {
      const slot = dirtySlots[i] as number
      const flag = flags[slot] as number
      if ((flag & (dirty | taken)) !== dirty) continue
      flags[slot] = flag | taken
      slots.push(slot)
    }
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as number
      flags[slot] = (flags[slot] as number) & ~taken
    }
    dirtySlots.length = 0
    return slots
  }

  /** Nested values are frozen where they are kept, restored ones too (L2). */
  #restored(value: unknown): unknown {
    if (this.kind === 'map') return value
    if (this.kind === 'list') return (value as unknown[]).map(item => storedValue(this.type, item))
    return storedValue(this.type, value)
  }

  #restoredMap(entries: ReadonlyMap<MapKey, unknown>): MapCell {
    const own = new Map(entries)
    if (this.#isNested) for (const [key, item] of own) own.set(key, storedValue(this.type, item))
    return new MapCell(own, this.compareKeys)
  }

  #remember(slot: number, flags: number): void {
    const old = this.values[slot]
    this.#rememberedCall = this.#focus.call
    this.#oldValue = old
    this.#oldFlags = flags
    if (this.kind === 'map') (old as MapCell | undefined)?.begin()
    if (this.kind !== 'list') return
    this.#oldStored = this.storedCounts[slot] as number
    this.#oldLength = Array.isArray(old) ? old.length : 0
  }
}

function holdsBytes(spec: TypeSpec): boolean {
  const type = required(spec)
  switch (type.kind) {
    case 'bytes':
      return true
    case 'list':
      return holdsBytes(type.of)
    case 'map':
      return holdsBytes(type.value)
    case 'struct':
      return type.fields.some(field => holdsBytes(field.type))
    default:
      return false
  }
}

/** The whole numbers of a type whose values are whole `number`s, both ends included; an empty range for all others. */
function wholeNumberRange(type: TypeSpec): readonly [least: number, most: number] {
  switch (type.kind) {
    case 'int8':
      return [-(2 ** 7), 2 ** 7 - 1]
    case 'int16':
      return [-(2 ** 15), 2 ** 15 - 1]
    case 'int32':
    case 'date':
      return [-(2 ** 31), 2 ** 31 - 1]
    case 'safeInt64':
      return [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
    case 'timestamp':
      return type.unit === 'ns' ? [Infinity, -Infinity] : [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
    default:
      return [Infinity, -Infinity]
  }
}

/** A value of the type's JavaScript kind, so that a column of numbers stays an array of plain doubles. */
function placeholderOf({ kind, type }: StateDeclaration): unknown {
  if (kind === 'list' || kind === 'map' || type.kind === 'optional') return undefined
  switch (type.kind) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'safeInt64':
    case 'float32':
    case 'float64':
    case 'date':
      return 0
    case 'timestamp':
      return type.unit === 'ns' ? 0n : 0
    case 'int64':
      return 0n
    case 'bool':
    case 'string':
    case 'bytes':
    case 'enum':
    case 'decimal':
    case 'struct':
    case 'list':
    case 'map':
      return undefined
  }
}
