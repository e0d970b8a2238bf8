/** Finds a state in a savepoint by operator uid and state name. */
import { invalid } from '../errors.ts'
import type { Layer, ManifestOperator } from './manifest.ts'
import type { Savepoint, StateTable } from './savepoint.ts'
import { placeOf } from './segment-columns.ts'
import { SegmentFile } from './segment-file.ts'

/** A state with its layers, base first. */
export interface StoredState {
  readonly table: StateTable
  readonly layers: readonly Layer[]
}

/** The state; `invalid`, code `unknown-state`, naming those there are. */
export function findState({ manifest, manifestPath }: Savepoint, uid: string, name: string): StoredState {
  const operator = manifest.operators.find(candidate => candidate.uid === uid)
  const found = operator?.states.find(candidate => candidate.name === name)
  if (operator && found) return storedState(operator, found)
  const known = manifest.operators.flatMap(each => each.states.map(state => `${each.uid}/${state.name}`))
  throw invalid({
    code: 'unknown-state',
    thing: `${manifestPath}: state ${uid}/${name}`,
    expected: known.length === 0 ? 'none: the savepoint has no state' : `one of ${known.join(', ')}`,
    remedy: 'give the operator uid and the name of one of its states',
  })
}

/** One of an operator's states. */
export function storedState(
  operator: ManifestOperator,
  state: ManifestOperator['states'][number],
): StoredState {
  const { name, kind, type, layers } = state
  return { table: { uid: operator.uid, key: operator.key, state: { name, kind, type } }, layers }
}

/** The segments of one of its layers, not opened yet. */
export function segmentFiles(
  folder: string,
  { table, layers }: StoredState,
  layer: number,
): readonly SegmentFile[] {
  const { segments } = layers[layer] as Layer
  return segments.map(info => new SegmentFile(folder, info, table, placeOf(layer)))
}
