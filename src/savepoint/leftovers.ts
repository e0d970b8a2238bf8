/** Files in a store that no manifest names: what killed attempts left. Safe direction: in doubt nothing is removed. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { hasErrno } from '../errors.ts'
import { badFolder } from './attempt-folder.ts'
import { inParallel } from './bounded-io.ts'
import { withIoErrors } from './io-errors.ts'
import { parseManifest } from './manifest-file.ts'
import type { Manifest } from './manifest.ts'
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
    const bad = await badFiles(store)
    const manifests = candidates.length + bad.length === 0 ? [] : await readManifests(store.path)
    const named = namedFiles(manifests)
    const pinned = await pinnedSegments(store.path, clock)
    const unnamed = candidates.filter(file => !named.has(file) && !isPinned(file, pinned))
    const uncounted = bad.filter(isUncounted(manifests, store.attempt)).map(({ file }) => file)
    const files = [...unnamed, ...uncounted, ...(await deadPresences(store.path, clock))]
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

interface BadFile {
  readonly file: string
  /** The checkpoint that would have counted its records. */
  readonly number: number
  readonly attempt: string
}

/** Bad records that other attempts kept: `bad/SOURCE.NUMBER.ATTEMPT.parquet`. */
async function badFiles({
  path,
  attempt,
}: Pick<WriteFolder, 'path' | 'attempt'>): Promise<readonly BadFile[]> {
  const names = await readdir(join(path, badFolder)).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return []
    throw error
  })
  return names.flatMap(name => {
    const [, number, owner] = /\.(\d+)\.([0-9a-f]{32})\.parquet$/.exec(name) ?? []
    if (owner === undefined || owner === attempt) return []
    return [{ file: `${badFolder}/${name}`, number: Number(number), attempt: owner }]
  })
}

/**
 * Whether the checkpoint that a file of bad records was written for never came, so that they were read and kept again:
 * another attempt has its number, or no one and none of a dead attempt can follow. An older number that is gone was let
 * go, and what it counted stays.
 */
function isUncounted(manifests: readonly Manifest[], asking: string): (bad: BadFile) => boolean {
  const attempts = new Map(manifests.map(({ number, attempt }) => [number, attempt]))
  const newest = Math.max(0, ...attempts.keys())
  const isOwner = attempts.get(newest) === asking
  return ({ number, attempt }) =>
    number > newest ? isOwner : attempts.has(number) && attempts.get(number) !== attempt
}

async function readManifests(path: string): Promise<readonly Manifest[]> {
  return inParallel(await manifestNumbers(path), async number => {
    const file = join(path, numberedManifest(number))
    return parseManifest(await readFile(file, 'utf8'), file)
  })
}

function namedFiles(manifests: readonly Manifest[]): ReadonlySet<string> {
  return new Set(manifests.flatMap(allSegments).flatMap(({ name }) => filesOfSegment(name)))
}
