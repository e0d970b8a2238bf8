/** Pins the files of a history: each is opened once, its footer read, and how it looked is kept for the whole run. */
import { open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { badData, conflict, HeadwaterError, invalid, messageOf, unavailable } from '../../errors.ts'
import type { FileCoverage, PinnedFile } from '../history.ts'
import { hashOf, readFooterBytes, sameStat, statText } from './file-mark.ts'
import type { FileMark, FileStat } from './file-mark.ts'
import { parseFooter } from './footer.ts'
import type { Footer } from './footer.ts'

/** The key of a file's metadata under which Headwater's archives say what they cover. */
export const coverageKey = 'headwater.coverage'

/** A file of the history: what the savepoint keeps of it, and what reading it needs. */
export interface HistoryFile {
  readonly pinned: PinnedFile
  readonly absolutePath: string
  readonly mark: FileMark
  readonly footer: Footer
}

/**
 * Opens and pins one file. Errors: `data` (`not-parquet`, `truncated-file`, `encrypted-file`, `corrupt-file`),
 * `unavailable` `unreadable-file`. `seen` holds the files pinned before by device and inode: the same file under a second
 * name would be counted twice and is refused, `invalid` `duplicate-file`.
 */
export async function pinFile(path: string, cwd: string, seen: Map<string, string>): Promise<HistoryFile> {
  const absolutePath = resolve(cwd, path)
  try {
    const file = await open(absolutePath)
    try {
      const { size: bytes, mtimeMs: modifiedMs, dev, ino } = await file.stat()
      refuseTwice(`${dev}:${ino}`, path, seen)
      const tail = await readFooterBytes(file, bytes, path)
      const footer = parseFooter(tail, bytes, path)
      const footerHash = hashOf(tail)
      const coverage = coverageOf(footer, path)
      const pinned = { path, bytes, modifiedMs, footerHash, rows: footer.rows, coverage }
      const mark = { bytes, modifiedMs, footerHash, footerStart: bytes - tail.length }
      return { pinned, absolutePath, mark, footer }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw error instanceof HeadwaterError ? error : unreadable(path, error)
  }
}

function refuseTwice(identity: string, path: string, seen: Map<string, string>): void {
  const before = seen.get(identity)
  seen.set(identity, path)
  if (before === undefined) return
  const remedy = 'narrow the pattern: its rows would be counted twice'
  throw invalid({ code: 'duplicate-file', thing: path, found: `the same file as ${before}`, remedy })
}

/** The file as it is now must be the one that was pinned; else `conflict` `file-changed`. */
export async function checkUnchanged(file: HistoryFile): Promise<void> {
  const now = await stat(file.absolutePath).catch(() => null)
  const found = now && { bytes: now.size, modifiedMs: now.mtimeMs }
  if (!found || !sameStat(found, file.mark)) throw fileChanged(file, found)
}

/** `conflict` `file-changed`; `found` null for a file that is gone, or the words for what else differs. */
export function fileChanged(file: HistoryFile, found: FileStat | string | null): HeadwaterError {
  return conflict({
    code: 'file-changed',
    thing: file.pinned.path,
    expected: `as it was when the run started, ${statText(file.mark)}`,
    found: typeof found === 'string' ? found : found ? statText(found) : 'no file',
    remedy: 'history must stand still while it is read: start again when nothing writes to it',
  })
}

/** `unavailable` `unreadable-file`. */
export function unreadable(path: string, cause: unknown): HeadwaterError {
  const remedy = 'check that the file is there and may be read, then start again'
  return unavailable({ code: 'unreadable-file', thing: path, found: messageOf(cause), remedy, cause })
}

function coverageOf(footer: Footer, path: string): FileCoverage | null {
  const text = footer.metadata.get(coverageKey)
  if (text === undefined) return null
  const coverage = parsed(text)
  if (isCoverage(coverage)) {
    const { logId, partition, first, next, start } = coverage
    return { logId, partition, first, next, ...(start !== undefined && { start }) }
  }
  const expected = 'logId, partition, first and next of an archive'
  const remedy = 'write the archive again'
  throw badData({ code: 'bad-coverage', thing: `${path}: ${coverageKey}`, expected, found: text, remedy })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isCoverage(value: unknown): value is FileCoverage {
  if (typeof value !== 'object' || value === null) return false
  const { logId, partition, first, next, start = first } = value as Record<keyof FileCoverage, unknown>
  const [least, middle, most] = [start, first, next] as readonly number[] as [number, number, number]
  const counts = [partition, start, first, next]
  return typeof logId === 'string' && counts.every(isCount) && least <= middle && middle <= most
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
