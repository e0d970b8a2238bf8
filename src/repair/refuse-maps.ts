/** Where the entries of several maps would stand in one run, nothing says where one ends: such work is refused. */
import { invalid } from '../errors.ts'
import type { StateTable } from '../savepoint/savepoint.ts'

/** Refuses a map state: `invalid`, code `unsupported-kind`. */
export function refuseMaps({ uid, state }: StateTable, what: string): void {
  if (state.kind !== 'map') return
  throw invalid({
    code: 'unsupported-kind',
    thing: `${what} of ${uid}/${state.name}`,
    expected: 'a state of another kind than map',
    found: 'map',
    remedy: 'this version does not do it yet: leave the state out, or edit its keys',
  })
}
