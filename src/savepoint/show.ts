/** `show`: what is in a savepoint, from its manifest and, where that is asked for, from all entries. */
import { HeadwaterError, invalid } from '../errors.ts'
import { stateContents, type StateContents } from './contents.ts'
import { readPinned } from './pinned.ts'
import { handoffProof, type HandoffProof } from './proof.ts'
import type { Savepoint } from './savepoint.ts'
import type { ScanOptions } from './scan.ts'

/** What to look at. */
export interface ShowOptions extends Pick<ScanOptions, 'onRead'> {
  /** The states of this operator alone. */
  readonly operator?: string | undefined
  /** Reads all entries for what is said of keys. Default true. */
  readonly entries?: boolean
}

/** What there is. */
export interface Shown {
  /** Its manifest says where it stands, what it is made of and how each state is stored. */
  readonly savepoint: Savepoint
  readonly proof: HandoffProof
  /** States in numbers, in the manifest's order: keys, bytes, the biggest keys, keys by key group. Empty without `entries`. */
  readonly contents: readonly StateContents[]
  /** Why the numbers of a state are missing, where it is damaged. */
  readonly unreadable: readonly HeadwaterError[]
}

/** Looks at a savepoint; of a damaged one, at what can be read. Errors: those of `pin`; `invalid`, code `unknown-operator`. */
export async function show(savepoint: string | Savepoint, options: ShowOptions = {}): Promise<Shown> {
  return readPinned(savepoint, opened => shown(opened, options))
}

async function shown(
  savepoint: Savepoint,
  { operator, entries = true, onRead }: ShowOptions,
): Promise<Shown> {
  const { operators } = savepoint.manifest
  if (operator !== undefined && operators.every(({ uid }) => uid !== operator))
    throw unknownOperator(savepoint, operator)
  const contents: StateContents[] = []
  const unreadable: HeadwaterError[] = []
  for (const { uid, states } of entries ? operators : []) {
    if (operator !== undefined && uid !== operator) continue
    for (const { name } of states) {
      const found = await stateContents(savepoint, uid, name, { onRead }).catch(ourError)
      if (found instanceof HeadwaterError) unreadable.push(found)
      else contents.push(found)
    }
  }
  return { savepoint, proof: handoffProof(savepoint.manifest), contents, unreadable }
}

function ourError(error: unknown): HeadwaterError {
  if (error instanceof HeadwaterError) return error
  throw error
}

function unknownOperator({ manifest, manifestPath }: Savepoint, operator: string): HeadwaterError {
  const uids = manifest.operators.map(({ uid }) => uid)
  return invalid({
    code: 'unknown-operator',
    thing: manifestPath,
    expected: uids.length === 0 ? 'none: it has no operator' : `one of ${uids.join(', ')}`,
    found: operator,
  })
}
