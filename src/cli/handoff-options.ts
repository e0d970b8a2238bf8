/** The flags that `plan` and `run` have in common: what accepts a refusal of the handoff (L7). */
import type { HandoffFlags } from '../handoff/handoff.ts'
import type { Arguments } from './arguments.ts'
import type { Option } from './cli.ts'

/** Their declarations. */
export const handoffOptions: Readonly<Record<string, Option>> = {
  'new-partitions': {
    value: 'earliest',
    text: 'read partitions that the savepoint does not know from their beginning',
  },
  drop: { value: 'UID/STATE', text: 'leave this state of the savepoint behind', many: true },
  fresh: { value: 'UID/STATE', text: 'begin this declared state empty', many: true },
  'accept-holes': { text: 'take a history with missing offsets for whole' },
}

/** Their values. */
export function handoffFlags(args: Arguments): HandoffFlags {
  const newPartitions = args.text('new-partitions') ?? undefined
  if (newPartitions !== undefined && newPartitions !== 'earliest') {
    throw args.wrong('--new-partitions', 'earliest', `'${newPartitions}'`)
  }
  return {
    newPartitions,
    drop: states(args, 'drop'),
    fresh: states(args, 'fresh'),
    acceptHoles: args.flag('accept-holes'),
  }
}

function states(args: Arguments, option: string): readonly string[] {
  const given = args.list(option)
  const wrong = given.find(text => !/^[^/]+\/[^/]+$/.test(text))
  if (wrong === undefined) return given
  throw args.wrong(`--${option}`, 'UID/STATE, like spend-per-customer/total', `'${wrong}'`)
}
