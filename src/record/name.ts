/**
 * Names that outlive the program: of jobs, sources, operators (uids), states and sinks. They stand in manifests, in file
 * names and on the command line, so they are plain.
 */
import { invalid } from '../errors.ts'
import { shown } from './value.ts'

const plainName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/

/** Returns the name, or throws `invalid`, code `bad-name`, naming `thing` (`source`, `operator uid` …). */
export function checkedName<N extends string>(name: N, thing: string): N {
  if (typeof name === 'string' && plainName.test(name) && name !== '__proto__' && !name.endsWith('.'))
    return name
  throw invalid({
    code: 'bad-name',
    thing,
    expected: 'up to 100 letters, digits, - _ and . (no - or . in front, no . at the end)',
    found: typeof name === 'string' ? JSON.stringify(name) : shown(name),
    remedy: 'names become file names and are typed on the command line: choose a plain one',
  })
}
