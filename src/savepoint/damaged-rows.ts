/** Rows that were read from layers with right checksums, and are out of order all the same: whoever wrote them did it wrong. */
import { badData, HeadwaterError } from '../errors.ts'

/**
 * What an error in passing on stored rows means: the hasher and the writer refuse disorder as a fault of their caller
 * (`internal`, `bad-rows`), but here the rows are a stranger's, and it is `data`, code `corrupt-segment`. Others stay as they are.
 */
export function damageOf(error: unknown): unknown {
  if (!(error instanceof HeadwaterError) || error.kind !== 'internal' || error.code !== 'bad-rows')
    return error
  const { thing, expected = 'rows in order', found = 'others' } = error
  const remedy = '`headwater verify` tells where: restore the savepoint from a copy, or use another'
  return badData({ code: 'corrupt-segment', thing, expected, found, remedy, cause: error })
}
