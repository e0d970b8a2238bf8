/** How a written file appears: whole, durable and never over another one. */
import { link, open, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { systemClock } from '../../clock.ts'
import { conflict, hasErrno, messageOf, unavailable } from '../../errors.ts'
import type { HeadwaterError } from '../../errors.ts'

/**
 * Writes the bytes beside `path` under a hidden name that no history pattern matches, fsyncs them and links them to
 * `path` (L4). Errors: `conflict` `file-exists`, `unavailable` `write-failed` (disk full, no permission).
 */
export async function publishFile(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(resolve(path))
  const temporary = draftOf(path)
  try {
    await writeSynced(temporary, bytes)
    await link(temporary, path) // the commit point
    await unlink(temporary)
    await syncFolder(folder)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw writeError(path, error)
  }
}

/**
 * Where a file is written before it has its name: beside it, hidden, with the number of this process. Nobody else ever has that
 * name, also not of another container where all have the same number: what is linked from it is what was written.
 */
export function draftOf(path: string): string {
  const name = `.${basename(path)}.${process.pid}.${systemClock.randomId()}.tmp`
  return join(dirname(resolve(path)), name)
}

/** A new file with these bytes, on the disk. */
export async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** What was linked and unlinked in that folder is on the disk, too. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // it can't and needn't
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function writeError(path: string, cause: unknown): HeadwaterError {
  if (hasErrno(cause, 'EEXIST')) {
    const remedy = 'files are never overwritten: choose another name, or remove it'
    return conflict({ code: 'file-exists', thing: path, found: 'a file of that name', remedy, cause })
  }
  const remedy = 'make room or give permission, then try again'
  return unavailable({ code: 'write-failed', thing: path, found: messageOf(cause), remedy, cause })
}
