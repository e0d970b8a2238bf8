/** `NAME=ADDRESS` options: one for each source or sink of a job, whose name may be left out where there is only one. */
import type { Arguments } from './arguments.ts'

/** What is named, for messages. */
export interface Named {
  /** The option: `history`. */
  readonly option: string
  /** `source` or `sink`. */
  readonly what: string
  /** The names that the job has. */
  readonly names: readonly string[]
}

/** The addresses by name, each name at least once. */
export function addressesByName(args: Arguments, named: Named): ReadonlyMap<string, readonly string[]> {
  const { option, what, names } = named
  const addresses = new Map<string, string[]>(names.map(name => [name, []]))
  for (const text of args.list(option)) {
    const [name, address] = split(args, text, named)
    addresses.get(name)?.push(address)
  }
  const missing = names.find(name => addresses.get(name)?.length === 0)
  if (missing === undefined) return addresses
  throw args.wrong(`--${option}`, `one for the ${what} ${missing}: --${option} ${missing}=…`, 'none')
}

/** As above, with one address a name. */
export function addressByName(args: Arguments, named: Named): ReadonlyMap<string, string> {
  const entries = [...addressesByName(args, named)].map(([name, [first, second]]): [string, string] => {
    if (first !== undefined && second === undefined) return [name, first]
    throw args.wrong(`--${named.option}`, `one for the ${named.what} ${name}`, `${first} and ${second}`)
  })
  return new Map(entries)
}

function split(args: Arguments, text: string, { option, what, names }: Named): readonly [string, string] {
  const at = text.indexOf('=')
  const name = text.slice(0, Math.max(0, at))
  if (names.includes(name) && at + 1 < text.length) return [name, text.slice(at + 1)]
  const known = names.join(', ') || 'none'
  const [only, ...others] = names
  // `history/month=2011-10/*` has no name in front; `month=2011-10/*` might be meant to have one.
  const nameless = !/^[A-Za-z0-9_][A-Za-z0-9_.-]*=/.test(text)
  if (nameless && only !== undefined && others.length === 0) return [only, text]
  const expected = nameless ? `NAME=… with a ${what} of the job: ${known}` : `a ${what} of the job: ${known}`
  throw args.wrong(`--${option} ${text}`, expected, nameless ? 'no name' : name)
}
