/** Opens files of a savepoint for reading: each must be a file itself, no link to one that may lie elsewhere. */
import { open, type FileHandle } from 'node:fs/promises'
import { constants } from 'node:fs'
import { badData, hasErrno, type HeadwaterError } from '../errors.ts'
import { ioError } from './io-errors.ts'

const readNoFollow: number = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)

/** An open file and its size. */
export interface RegularFile {
  readonly file: FileHandle
  readonly bytes: number
}

/**
 * Opens it; the caller closes it. Errors: `data`, with the given code, when a link or no file is there; `unavailable`;
 * and where nothing is there, `invalid`, code `no-such-file`.
 */
export async function openRegularFile(path: string, code: string): Promise<RegularFile> {
  const file = await open(path, readNoFollow).catch((error: unknown) => {
    throw hasErrno(error, 'ELOOP', 'EMLINK')
      ? notAFile(path, code, 'a link')
      : ioError(error, 'opening a file', path)
  })
  const stats = await file.stat()
  if (stats.isFile()) return { file, bytes: stats.size }
  await file.close()
  throw notAFile(path, code, stats.isDirectory() ? 'a folder' : 'no file')
}

function notAFile(path: string, code: string, found: string): HeadwaterError {
  const remedy = 'a savepoint holds its files itself: copy the whole folder'
  return badData({ code, thing: path, expected: 'a file', found, remedy })
}
