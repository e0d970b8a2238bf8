/** What the system refuses of a sink, as an error of ours. */
import { hasErrno, messageOf, unavailable, type HeadwaterError } from '../errors.ts'

/** `unavailable`, code `sink-write-failed`: output can't be written just now. */
export function sinkFault(error: unknown, sink: string): HeadwaterError {
  const remedy = remedyFor(error)
  return unavailable({
    code: 'sink-write-failed',
    thing: sink,
    found: messageOf(error),
    remedy,
    cause: error,
  })
}

function remedyFor(error: unknown): string {
  if (hasErrno(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) return 'make room on the disk and start again'
  if (hasErrno(error, 'EACCES', 'EPERM', 'EROFS'))
    return 'allow this user to write there, or choose another place'
  return 'start again: the run goes on from its last checkpoint'
}
