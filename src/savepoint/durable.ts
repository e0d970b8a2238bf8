/** Files that survive a crash: written, fsynced, and their folder fsynced, so that a name never points at missing bytes. */
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasErrno } from '../errors.ts'

/** Writes a file anew and fsyncs it. */
export async function writeDurably(path: string, data: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(data)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes names created in the folder durable. Windows can't and needn't. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Removes a file, which may be gone already. (`rm` takes what it may not remove for a folder, and says so.) */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!hasErrno(error, 'ENOENT')) throw error
  })
}

/** Makes a folder with its parents, durably; true when it was not there. */
export async function makeFolder(path: string): Promise<boolean> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return false
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at))
  return true
}

/** Closes a file whose bytes are no longer needed; a second failure would only hide the first. */
export async function closeQuietly(file: FileHandle): Promise<void> {
  try {
    await file.close()
  } catch (error) {
    if (!hasErrno(error, 'EBADF', 'EIO', 'EINTR')) throw error
  }
}
