/** Records that the log had let go before they were archived, where somebody accepted that (`--on-gap earliest`). */
import { badData, type HeadwaterError } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'

/** The records [from, to) of a partition. */
export interface LostRange {
  readonly partition: number
  readonly from: Offset
  readonly to: Offset
  /** When it was accepted: wall time, milliseconds since the epoch. */
  readonly atMs: number
}

/** The key of a file's metadata under which it says so. Such a file has no rows, and its coverage is [to, to). */
export const lostRangeKey = 'headwater.lost'

/** What a file's metadata says; null for one with records. Errors: `data` `bad-archive`. */
export function lostRangeOf(metadata: ReadonlyMap<string, string>, path: string): LostRange | null {
  const text = metadata.get(lostRangeKey)
  if (text === undefined) return null
  const lost = parsed(text)
  if (lost !== null) return lost
  const remedy = 'archive to a new folder'
  throw badData({
    code: 'bad-archive',
    thing: `${path}: ${lostRangeKey}`,
    expected: 'a range',
    found: text,
    remedy,
  })
}

function parsed(text: string): LostRange | null {
  try {
    const { partition, from, to, atMs } = JSON.parse(text) as LostRange
    return [partition, from, to].every(Number.isSafeInteger) && from < to
      ? { partition, from, to, atMs }
      : null
  } catch {
    return null
  }
}

/** `data` `gap`: the log begins above where the archive ends. */
export function archiveGap(log: string, partition: number, from: Offset, earliest: Offset): HeadwaterError {
  return badData({
    code: 'gap',
    thing: `${log} partition ${partition}`,
    expected: `records from ${from}, where the archive ends`,
    found: `earliest ${earliest}: the records [${from}, ${earliest}) are gone`,
    remedy: 'go on without them, which the archive then says for ever, with --on-gap earliest',
  })
}
