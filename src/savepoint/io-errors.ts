/** What a failed system call means to the caller: which kind of error, and what to do about it. */
import { HeadwaterError, invalid, messageOf, unavailable } from '../errors.ts'

interface Meaning {
  readonly errnos: readonly string[]
  readonly code: string
  readonly remedy: string
}

const meanings: readonly Meaning[] = [
  { errnos: ['ENOSPC', 'EDQUOT', 'EFBIG'], code: 'disk-full', remedy: 'free some space and run it again' },
  {
    errnos: ['EACCES', 'EPERM', 'EROFS'],
    code: 'no-access',
    remedy: 'give this user access, or choose another place, and run it again',
  },
  {
    errnos: ['EMFILE', 'ENFILE'],
    code: 'too-many-files',
    remedy: 'raise the limit of open files (ulimit -n) and run it again',
  },
  { errnos: ['EIO', 'ESTALE'], code: 'io-error', remedy: 'check the disk and run it again' },
]

/**
 * The error for a failed system call on a path; `doing` completes "while …". An error that is already one of ours is
 * handed through.
 */
export function ioError(error: unknown, doing: string, path: string): HeadwaterError {
  if (error instanceof HeadwaterError) return error
  const errno = error instanceof Error && 'code' in error ? String(error.code) : ''
  const found = messageOf(error)
  const meaning = meanings.find(({ errnos }) => errnos.includes(errno))
  const thing = `${path}: ${doing}`
  if (meaning) return unavailable({ code: meaning.code, thing, found, remedy: meaning.remedy, cause: error })
  if (errno === 'ENOENT') {
    return invalid({
      code: 'no-such-file',
      thing,
      found: 'nothing there',
      remedy: 'check the path',
      cause: error,
    })
  }
  if (['ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG', 'ELOOP'].includes(errno)) {
    return invalid({ code: 'wrong-path', thing, found, remedy: 'check the path', cause: error })
  }
  return unavailable({ code: 'io-error', thing, found, remedy: 'run it again', cause: error })
}

/** Awaits system calls and gives their failure the meaning above. */
export async function withIoErrors<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw ioError(error, doing, path)
  }
}
