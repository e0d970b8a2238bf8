/** `--emit-state [SINK=]UID/STATE`: the state that a sink is given once at the switch. */
import type { Arguments } from './arguments.ts'

/** Its values, by sink; `sinks`: those that the job has. */
export function emitState(args: Arguments, sinks: readonly string[]): Readonly<Record<string, string>> {
  const entries = args.list('emit-state').map((text): readonly [string, string] => {
    const [, name = sinks.length === 1 ? sinks[0] : undefined, state] =
      /^(?:([^=/]+)=)?([^=/]+\/[^=/]+)$/.exec(text) ?? []
    if (name !== undefined && state !== undefined && sinks.includes(name)) return [name, state]
    const known = sinks.join(', ') || 'none'
    throw args.wrong('--emit-state', `SINK=UID/STATE with a sink of the job: ${known}`, `'${text}'`)
  })
  const doubled = entries.find(([name], i) => entries.findIndex(each => each[0] === name) !== i)
  if (doubled === undefined) return Object.fromEntries(entries)
  throw args.wrong('--emit-state', `one for the sink ${doubled[0]}`, 'several')
}
