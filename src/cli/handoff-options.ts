/** The flags that `plan` and `run` have in common: what accepts a refusal of the handoff (L7). */
import type { HandoffFlags } from '../handoff/handoff.ts'
import type { Arguments } from './arguments.ts'
import type { Option } from './cli.ts'
import { instantMs } from './positions.ts'

/** Their declarations. */
export const handoffOptions: Readonly<Record<string, Option>> = {
  'new-partitions': {
    value: 'earliest',
    text: 'read partitions that the savepoint does not know from their beginning',
  },
  drop: { value: 'UID/STATE', text: 'leave this state of the savepoint behind', many: true },
  fresh: { value: 'UID/STATE', text: 'begin this declared state empty', many: true },
  'cut-time': {
    value: '[NAME=]TIME',
    text: 'up to which time a history without offsets reaches, where that is not its newest event time',
    many: true,
  },
  approximate: {
    text: 'meet a history without offsets and record ids by time: records that log and history both have are applied twice',
  },
  'accept-holes': { text: 'take a history with missing offsets for whole' },
  'on-gap': {
    value: 'earliest',
    text: 'where a log lost records that were not applied, go on at its beginning; savepoints say so ever after',
  },
}

/** Their values. */
export function handoffFlags(args: Arguments): HandoffFlags {
  const newPartitions = args.text('new-partitions') ?? undefined
  if (newPartitions !== undefined && newPartitions !== 'earliest') {
    throw args.wrong('--new-partitions', 'earliest', `'${newPartitions}'`)
  }
  const onGap = args.text('on-gap') ?? 'fail'
  if (onGap !== 'fail' && onGap !== 'earliest') throw args.wrong('--on-gap', 'fail or earliest', `'${onGap}'`)
  return {
    newPartitions,
    onGap,
    drop: states(args, 'drop'),
    fresh: states(args, 'fresh'),
    acceptHoles: args.flag('accept-holes'),
    approximate: args.flag('approximate'),
  }
}

/** The value of `--cut-time`, by source; `sources`: those that the job has. */
export function cutTimes(args: Arguments, sources: readonly string[]): Readonly<Record<string, number>> {
  const entries = args.list('cut-time').map((text): readonly [string, number] => {
    const [only, ...others] = sources
    const at = text.indexOf('=')
    const name = at < 0 && others.length === 0 ? only : text.slice(0, Math.max(0, at))
    const timeMs = instantMs(text.slice(at + 1))
    if (name !== undefined && sources.includes(name) && timeMs !== null && timeMs >= 0) return [name, timeMs]
    const expected = `NAME=TIME of ${sources.join(', ')}, like ${only ?? 'NAME'}=2011-11-01T00:00:00Z`
    throw args.wrong('--cut-time', expected, `'${text}'`)
  })
  return Object.fromEntries(entries)
}

function states(args: Arguments, option: string): readonly string[] {
  const given = args.list(option)
  const wrong = given.find(text => !/^[^/]+\/[^/]+$/.test(text))
  if (wrong === undefined) return given
  throw args.wrong(`--${option}`, 'UID/STATE, like spend-per-customer/total', `'${wrong}'`)
}
