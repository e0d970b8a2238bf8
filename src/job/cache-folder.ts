/**
 * A folder for compiled job files. What lies in it is run as code, so it is used only when nobody else can write there:
 * in a shared temporary folder someone may have made it before us.
 */
import { lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasErrno } from '../errors.ts'

/** The folder, made with mode 0700 when missing; null when it can't be made, is not ours, or is open to others. */
export async function privateCacheFolder(parent: string = tmpdir()): Promise<string | null> {
  const user = process.getuid?.() ?? null
  const folder = join(parent, `headwater-${user ?? 'jobs'}`)
  try {
    await makeOnce(folder)
    const found = await lstat(folder)
    if (!found.isDirectory()) return null
    const ours = user === null || (found.uid === user && (found.mode & 0o077) === 0)
    return ours ? folder : null
  } catch {
    return null // no cache is slower, and right
  }
}

async function makeOnce(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error
  }
}
