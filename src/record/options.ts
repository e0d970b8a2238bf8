/** Option objects: an unknown name is a misspelt one, and is refused instead of being ignored. */
import { invalid } from '../errors.ts'
import { shown } from './value.ts'

/** Throws `invalid`, code `bad-options` or `unknown-option`, unless `options` is an object with only known names. */
export function refuseUnknownOptions(options: object, known: readonly string[], thing: string): void {
  if (typeof options !== 'object' || options === null) {
    throw invalid({ code: 'bad-options', thing, expected: 'an object', found: shown(options) })
  }
  const unknown = Object.keys(options).find(name => !known.includes(name))
  if (unknown === undefined) return
  throw invalid({
    code: 'unknown-option',
    thing: `${thing}: ${unknown}`,
    expected: `one of ${known.join(', ')}`,
  })
}
