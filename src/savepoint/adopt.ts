/**
 * Takes a savepoint's segments into a store: hard links, so that it costs nothing and outlives the savepoint; copies
 * where links can't go. Only a later commit makes them part of the store.
 */
import { copyFile, link, lstat, open, rename, rm } from 'node:fs/promises'
import { badData, conflict, hasErrno, type HeadwaterError } from '../errors.ts'
import { inParallel } from './bounded-io.ts'
import { withIoErrors } from './io-errors.ts'
import { allSegments } from './manifest-rules.ts'
import type { Savepoint } from './savepoint.ts'
import { indexPath, segmentPath, type WriteFolder } from './write-folder.ts'

/** How to adopt. */
export interface AdoptOptions {
  /** Called after each file that had to be copied: bytes of the segments done, and of all. */
  readonly onCopied?: (doneBytes: number, totalBytes: number) => void
}

interface Adoption {
  readonly from: string
  readonly to: string
  readonly bytes: number
}

/** Links or copies every file that the savepoint names. May be repeated. Errors: `data`, code `corrupt-savepoint`; `unavailable`. */
export async function adoptSegments(
  savepoint: Savepoint,
  into: WriteFolder,
  options: AdoptOptions,
): Promise<void> {
  const files = allSegments(savepoint.manifest).flatMap(({ name, bytes, index }): Adoption[] => [
    { from: segmentPath(savepoint.folder, name), to: segmentPath(into.path, name), bytes },
    { from: indexPath(savepoint.folder, name), to: indexPath(into.path, name), bytes: index.bytes },
  ])
  const total = files.reduce((sum, file) => sum + file.bytes, 0)
  let done = 0
  await inParallel(files, async file => {
    const copied = await withIoErrors('taking in a segment', file.from, () => adoptFile(file, into.attempt))
    done += file.bytes
    if (copied) options.onCopied?.(done, total)
  })
}

/** Whether it had to be copied. */
async function adoptFile(file: Adoption, attempt: string): Promise<boolean> {
  await checkOriginal(file)
  try {
    await link(file.from, file.to)
    return false
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return acceptAdopted(file)
    if (!hasErrno(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error
  }
  await copyDurably(file, `${file.to}.tmp-${attempt}`)
  return true
}

async function checkOriginal({ from, bytes }: Adoption): Promise<void> {
  const stats = await lstat(from).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return null
    throw error
  })
  if (stats?.isFile() && stats.size === bytes) return
  const found = stats === null ? 'nothing' : stats.isFile() ? `${stats.size} bytes` : 'no file'
  throw corrupt(from, `a file of ${bytes} bytes`, found)
}

/** An earlier attempt took it in already. Segment names are unique, and a final name holds a whole file. */
async function acceptAdopted({ to, bytes }: Adoption): Promise<boolean> {
  const { size } = await lstat(to)
  if (size === bytes) return false
  const remedy = 'use another folder for the checkpoints'
  throw conflict({
    code: 'segment-exists',
    thing: to,
    expected: `${bytes} bytes`,
    found: `${size} bytes`,
    remedy,
  })
}

async function copyDurably({ from, to }: Adoption, temporary: string): Promise<void> {
  try {
    await copyFile(from, temporary)
    const copy = await open(temporary, 'r+')
    await copy.sync().finally(() => copy.close())
    await rename(temporary, to)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}

function corrupt(thing: string, expected: string, found: string): HeadwaterError {
  const remedy = 'restore the savepoint from a copy, or use another'
  return badData({ code: 'corrupt-savepoint', thing, expected, found, remedy })
}
