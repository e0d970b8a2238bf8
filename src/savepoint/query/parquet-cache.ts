/**
 * States as Parquet files in a folder of this user alone. A file is named by what it was made of: the manifest's words on
 * the state, and place, size and time of its segments, which never change once they are committed.
 */
import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, rm, stat, utimes } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../clock.ts'
import { hasCode } from '../../errors.ts'
import { canonicalJson, type Json } from '../canonical-json.ts'
import { exportState } from '../export.ts'
import type { StoredState } from '../find-state.ts'
import { withIoErrors } from '../io-errors.ts'
import type { Savepoint } from '../savepoint.ts'
import { segmentPath } from '../write-folder.ts'

/** Where files are kept, and how many bytes of them. */
export interface ParquetCacheOptions {
  /** Default: `headwater/states` in the user's cache folder. */
  readonly cacheFolder?: string | undefined
  /** Default 2 GiB: the files that were used least lately go first. */
  readonly cacheBytes?: number | undefined
  readonly clock?: Clock | undefined
  /** Told how many rows more were read; none are of states that are in the folder already. */
  readonly onRead?: ((rows: number) => void) | undefined
}

const defaultBytes = 2 * 1024 ** 3

/** The path of the state's file, made if it is not there. Errors: those of `exportState`; `unavailable`. */
export async function cachedParquet(
  savepoint: Savepoint,
  state: StoredState,
  { cacheFolder = userFolder(), cacheBytes = defaultBytes, clock = systemClock, onRead }: ParquetCacheOptions,
): Promise<string> {
  await withIoErrors('making the cache folder', cacheFolder, async () => {
    await mkdir(cacheFolder, { recursive: true, mode: 0o700 })
    await chmod(cacheFolder, 0o700)
  })
  const path = join(cacheFolder, `${await nameOf(savepoint, state)}.parquet`)
  const now = clock.now() / 1000
  const known = await utimes(path, now, now).then(
    () => true,
    () => false,
  )
  if (known) return path
  await made(savepoint, state, path, onRead)
  await evict(cacheFolder, cacheBytes, path)
  return path
}

/** Another process that made the same file in the meantime made the same file. */
async function made(
  savepoint: Savepoint,
  { table }: StoredState,
  path: string,
  onRead: ParquetCacheOptions['onRead'],
): Promise<void> {
  try {
    await exportState(savepoint, table.uid, table.state.name, { to: path, onRead })
  } catch (error) {
    if (!hasCode(error, 'file-exists')) throw error
  }
}

async function nameOf({ folder }: Savepoint, { table, layers }: StoredState): Promise<string> {
  const segments = layers.flatMap(layer => layer.segments)
  const places = await Promise.all(
    segments.map(async ({ name }) => {
      const path = segmentPath(folder, name)
      const { size, mtimeMs, ino, dev } = await withIoErrors('looking at a segment', path, () => stat(path))
      return [path, size, mtimeMs, ino, dev]
    }),
  )
  const content = JSON.parse(JSON.stringify({ version: 1, table, layers, places })) as Json
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}

async function evict(folder: string, mostBytes: number, kept: string): Promise<void> {
  const names = (await readdir(folder)).filter(name => /^[0-9a-f]{64}\.parquet$/.test(name))
  const files = await Promise.all(
    names.map(async name => {
      const path = join(folder, name)
      const found = await stat(path).catch(() => null)
      return { path, bytes: found?.size ?? 0, usedMs: found?.mtimeMs ?? 0 }
    }),
  )
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  for (const file of files.sort((a, b) => a.usedMs - b.usedMs)) {
    if (bytes <= mostBytes) return
    if (file.path === kept) continue
    await rm(file.path, { force: true })
    bytes -= file.bytes
  }
}

function userFolder(): string {
  const base = process.env['XDG_CACHE_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'headwater', 'states')
}
