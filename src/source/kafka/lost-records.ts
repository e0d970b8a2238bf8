/** Records that are not there any more, as errors to throw. */
import { badData, type HeadwaterError } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'

/** The log begins above the position: it was trimmed. */
export function gap(thing: string, from: Offset, earliest: Offset): HeadwaterError {
  return badData({
    code: 'gap',
    thing,
    expected: `records from ${from}`,
    found: `earliest ${earliest}: the records [${from}, ${earliest}) are gone`,
    remedy: 'take them from an archive, or start at a later position',
  })
}

/** The log ends below a position that it had reached. */
export function lostRecords(thing: string, reached: Offset, latest: Offset): HeadwaterError {
  return badData({
    code: 'log-lost-records',
    thing,
    expected: `an end at ${reached} or above, where it was`,
    found: `${latest}: the records [${latest}, ${reached}) are gone`,
    remedy: 'the cluster lost records that were read (an unclean election, a restored disk): bootstrap again',
  })
}
