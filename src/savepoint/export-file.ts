/** A file of results that appears under its name whole and durable, or not at all: written beside it, then linked (L4). */
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { systemClock, type Clock } from '../clock.ts'
import { conflict, hasErrno } from '../errors.ts'
import { syncFolder } from './durable.ts'
import { withIoErrors } from './io-errors.ts'

/** How it appears. */
export interface ExportFileOptions {
  /** Takes the place of a file of that name. */
  readonly overwrite: boolean
  readonly clock?: Clock
}

/**
 * Writes the pieces. Errors: `conflict`, code `file-exists`, found out before anything is asked of the pieces, and again at the
 * end; `unavailable`; those of the pieces. Nothing is left behind then.
 */
export async function writeExportFile(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { overwrite, clock = systemClock }: ExportFileOptions,
): Promise<{ readonly bytes: number }> {
  const folder = dirname(resolve(path))
  const temporary = join(folder, `.${basename(path)}.tmp-${clock.randomId()}`)
  if (!overwrite) await refuseExisting(path)
  try {
    const bytes = await writeSynced(temporary, path, pieces)
    await withIoErrors('naming the file', path, async () => {
      if (overwrite) await rename(temporary, path)
      else await linkNew(temporary, path)
      await syncFolder(folder)
    })
    return { bytes }
  } finally {
    await rm(temporary, { force: true })
  }
}

async function linkNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    throw hasErrno(error, 'EEXIST') ? existing(path, error) : error
  }
}

async function writeSynced(
  temporary: string,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<number> {
  const file = await withIoErrors('writing', path, () => open(temporary, 'wx'))
  try {
    let bytes = 0
    for await (const piece of pieces) {
      await withIoErrors('writing', path, () => writeAll(file, piece))
      bytes += piece.length
    }
    await withIoErrors('making the file durable', path, () => file.sync())
    return bytes
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length;) at += (await file.write(piece, at)).bytesWritten
}

async function refuseExisting(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return
  await file.close()
  throw existing(path, undefined)
}

function existing(path: string, cause: unknown): Error {
  return conflict({
    code: 'file-exists',
    thing: path,
    expected: 'no file of that name',
    found: 'one',
    remedy: 'choose another name, or give --overwrite',
    cause,
  })
}
