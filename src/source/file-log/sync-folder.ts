/** Makes names durable: a file that was made or removed is so after a crash only when its folder was synced. */
import { open } from 'node:fs/promises'
import { hasErrno } from '../../errors.ts'

/** Syncs a folder; does nothing where the system can't (Windows). */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (!hasErrno(error, 'EISDIR', 'EPERM', 'EINVAL')) throw error
  }
}
