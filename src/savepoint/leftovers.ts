/** Files in a store that no manifest names: what killed attempts left. Safe direction: in doubt nothing is removed. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { inParallel } from './bounded-io.ts'
import { withIoErrors } from './io-errors.ts'
import { parseManifest } from './manifest-file.ts'
import { manifestNumbers, manifestsFolder, numberedManifest } from './manifest-names.ts'
import { allSegments } from './manifest-rules.ts'
import { deadPresences, pinnedSegments } from './presence.ts'
import { filesOfSegment, isPinned } from './retention.ts'
import { attemptOfSegmentFile, segmentsFolder, type WriteFolder } from './write-folder.ts'

/** What was removed. */
export interface Removed {
  readonly files: readonly string[]
}

/**
 * Removes them, but for those of the asking attempt and what a living reader reads; `dryRun` only lists them. Errors:
 * `data` when a manifest can't be read, and then nothing is removed.
 */
export async function removeLeftovers(
  store: Pick<WriteFolder, 'path' | 'attempt'>,
  clock: Clock,
  dryRun: boolean = false,
): Promise<Removed> {
  return withIoErrors('removing leftovers', store.path, async () => {
    // The files first: what is written from here on is not among them.
    const candidates = [...(await leftoverSegments(store)), ...(await leftoverManifests(store))]
    const named = candidates.length === 0 ? new Set<string>() : await namedFiles(store.path)
    const pinned = await pinnedSegments(store.path, clock)
    const unnamed = candidates.filter(file => !named.has(file) && !isPinned(file, pinned))
    const files = [...unnamed, ...(await deadPresences(store.path, clock))]
    if (!dryRun) await inParallel(files, file => rm(join(store.path, file), { force: true }))
    return { files }
  })
}

async function leftoverSegments({
  path,
  attempt,
}: Pick<WriteFolder, 'path' | 'attempt'>): Promise<readonly string[]> {
  const names = await readdir(join(path, segmentsFolder))
  const others = names.filter(name => {
    const owner = attemptOfSegmentFile(name.replace(/\.tmp-[0-9a-f]{32}$/, ''))
    return owner !== null && owner !== attempt && !name.endsWith(attempt)
  })
  return others.map(name => `${segmentsFolder}/${name}`)
}

async function leftoverManifests({
  path,
  attempt,
}: Pick<WriteFolder, 'path' | 'attempt'>): Promise<readonly string[]> {
  const names = await readdir(join(path, manifestsFolder))
  const others = names.filter(name => /\.tmp-[0-9a-f]{32}$/.test(name) && !name.endsWith(attempt))
  return others.map(name => `${manifestsFolder}/${name}`)
}

async function namedFiles(path: string): Promise<ReadonlySet<string>> {
  const names = await inParallel(await manifestNumbers(path), async number => {
    const file = join(path, numberedManifest(number))
    return allSegments(parseManifest(await readFile(file, 'utf8'), file)).map(segment => segment.name)
  })
  return new Set(names.flat().flatMap(filesOfSegment))
}
