/** `--on-gap` of archives. */
import type { OnArchiveGap } from '../source/archive/archive.ts'
import type { Arguments } from './arguments.ts'

/** Its value; to refuse, where it is not given. */
export function onGapOption(args: Arguments): OnArchiveGap {
  const onGap = args.text('on-gap') ?? 'fail'
  if (onGap === 'fail' || onGap === 'earliest') return onGap
  throw args.wrong('--on-gap', 'fail or earliest', `'${onGap}'`)
}
