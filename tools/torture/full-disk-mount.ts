/** Makes a tmpfs of 4 MiB for full-disk.ts, in a mount namespace that ends with it; null where that is not allowed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What it printed, and its exit code; null when nothing may be mounted here. */
export function fullDisk(): { readonly code: number | null; readonly text: string } | null {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-full-disk-'))
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const mount = 'mount -t tmpfs -o size=4m tmpfs "$0" && '
  const within = (rights: readonly string[], script: string, ...words: readonly string[]) =>
    spawnSync('unshare', [...rights, 'sh', '-c', mount + script, folder, ...words], { cwd, encoding: 'utf8' })
  try {
    // As root, or as one that is root in a user namespace only.
    const rights = [['--mount'], ['--mount', '--map-root-user']].find(
      each => within(each, 'true').status === 0,
    )
    if (rights === undefined) return null
    const command = [process.execPath, '--import', 'tsx', 'tools/torture/full-disk.ts', folder]
    const { status, stdout, stderr } = within(rights, 'exec "$@"', ...command)
    return { code: status, text: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
