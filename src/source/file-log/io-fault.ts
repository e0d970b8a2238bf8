/** What the file system refuses, as an error of ours. */
import { hasErrno, messageOf, unavailable, type HeadwaterError } from '../../errors.ts'

/** `unavailable`, code `io`: a file can't be read or written just now. */
export function ioFault(error: unknown, path: string): HeadwaterError {
  return unavailable({
    code: 'io',
    thing: path,
    found: messageOf(error),
    remedy: remedyFor(error),
    cause: error,
  })
}

function remedyFor(error: unknown): string {
  if (hasErrno(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) return 'make room on the disk and start again'
  if (hasErrno(error, 'EACCES', 'EPERM', 'EROFS'))
    return 'allow this user to write there, or choose another folder'
  if (hasErrno(error, 'EMFILE', 'ENFILE')) return 'raise the limit of open files (ulimit -n)'
  return 'check the disk and start again'
}
