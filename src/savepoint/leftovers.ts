/**
 * Files in a store that no manifest names: what killed attempts left. Safe direction: in doubt nothing is removed.
 *
 * L1. The files are listed before the manifests, so what is written from there on is not among them; readers are asked
 *     last, so one whose manifest was let go meanwhile is seen.
 * L2. An owner removes only while the newest manifest is its own: whoever committed since may be writing. A collector has
 *     seen that nobody is at work, and keeps others from beginning (presence.ts, P1).
 * L3. A task asks who lives before it reads the manifests: a dead owner's last commit is among them.
 * L4. Prepared manifests are read before the others: one that is published meanwhile is found there.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { conflict, hasCode, hasErrno, type HeadwaterError } from '../errors.ts'
import { badFolder } from './attempt-folder.ts'
import { inParallel } from './bounded-io.ts'
import { chainFolder, chainsIn } from './chains/chain-names.ts'
import { removeFile } from './durable.ts'
import { withIoErrors } from './io-errors.ts'
import type { Manifest } from './manifest.ts'
import { manifestNumbers, manifestsFolder, numberedManifest } from './manifest-names.ts'
import { allSegments } from './manifest-rules.ts'
import { deadPresences, pinnedSegments, present } from './presence.ts'
import { readManifest } from './read-manifest.ts'
import { filesOfSegment, isPinned } from './retention.ts'
import { preparedManifests } from './waiting.ts'
import { attemptOfSegmentFile, segmentsFolder } from './write-folder.ts'

/** What was removed. */
export interface Removed {
  readonly files: readonly string[]
}

/** Who removes what. */
export interface LeftoverRequest {
  readonly store: string
  /** Who asks. */
  readonly attempt: string
  /**
   * `owner`: spares its own files · `former owner`: writes no more · `collector`: nobody writes · `task`: others are at work
   * too, and all who live are spared.
   */
  readonly by: 'owner' | 'former owner' | 'collector' | 'task'
  readonly clock: Clock
  /** Only lists them. */
  readonly dryRun?: boolean
}

/**
 * Removes them, but for what a living reader reads. Errors: `data` when a manifest can't be read, and then nothing is
 * removed; `conflict`, code `lost-ownership`, when an owner is none any more (L2; a former owner then removes nothing).
 */
export async function removeLeftovers(request: LeftoverRequest): Promise<Removed> {
  const { store, by, attempt, clock, dryRun = false } = request
  return withIoErrors('removing leftovers', store, async () => {
    const isOthers = (owner: string): boolean => by !== 'owner' || owner !== attempt
    const listed = await unnamedIn(store, isOthers)
    // Before the manifests: who is not seen here has committed whatever it will (L3).
    const spared = by === 'task' ? await owners(store, clock) : none
    const candidates = listed.filter(({ writer }) => !spared.has(writer)).map(({ file }) => file)
    const bad = by === 'task' ? [] : await badFiles(store, isOthers)
    const prepared = await preparedManifests(store) // L4
    const manifests = candidates.length + bad.length === 0 ? [] : await readManifests(store)
    const successor = by === 'collector' || by === 'task' ? null : successorOf(manifests, attempt)
    if (successor !== null && by === 'owner') throw lostOwnership(store, successor)
    if (successor !== null) return { files: [] }
    const named = namedFiles([...prepared.waiting, ...manifests, ...(await chainManifests(store))])
    const pinned = await pinnedSegments(store, clock)
    const unnamed = candidates.filter(file => !named.has(file) && !isPinned(file, pinned))
    const uncounted = bad
      .filter(isUncounted([...prepared.waiting.filter(isOfStore), ...manifests]))
      .map(({ file }) => file)
    const files = [...unnamed, ...uncounted, ...prepared.spent, ...(await deadPresences(store, clock))]
    if (!dryRun) await removeFiles(files.map(file => join(store, file)))
    return { files }
  })
}

/** Removes what an attempt wrote and no manifest names, when it failed and writes no more. Errors as above. */
export async function removeUncommitted(store: string, attempt: string, clock: Clock): Promise<void> {
  await withIoErrors('removing what was not committed', store, async () => {
    const own = (await unnamedIn(store, () => true)).filter(({ writer }) => writer === attempt)
    if (own.length === 0) return
    const { waiting } = await preparedManifests(store)
    const named = namedFiles([...waiting, ...(await readManifests(store)), ...(await chainManifests(store))])
    const pinned = await pinnedSegments(store, clock)
    for (const { file } of own)
      if (!named.has(file) && !isPinned(file, pinned)) await removeFile(join(store, file))
  })
}

interface Unnamed {
  readonly file: string
  /** The attempt that wrote it. */
  readonly writer: string
}

const none: ReadonlySet<string> = new Set()

/** The attempts of all owners that live. */
async function owners(store: string, clock: Clock): Promise<ReadonlySet<string>> {
  return new Set((await present(store, clock)).filter(({ role }) => role === 'owner').map(({ id }) => id))
}

/** Files of segments, and what would have become a file. */
async function unnamedIn(store: string, isOthers: (owner: string) => boolean): Promise<readonly Unnamed[]> {
  const segments = (await namesIn(store, segmentsFolder)).flatMap((name): readonly Unnamed[] => {
    const [, writer] = temporary.exec(name) ?? []
    const owner = attemptOfSegmentFile(name.replace(temporary, ''))
    if (owner === null || !isOthers(writer ?? owner)) return []
    return [{ file: `${segmentsFolder}/${name}`, writer: writer ?? owner }]
  })
  const manifests = (await namesIn(store, manifestsFolder)).flatMap((name): readonly Unnamed[] => {
    const [, writer] = temporary.exec(name) ?? []
    if (writer === undefined || !isOthers(writer)) return []
    return [{ file: `${manifestsFolder}/${name}`, writer }]
  })
  return [...segments, ...manifests]
}

async function namesIn(store: string, folder: string): Promise<readonly string[]> {
  return readdir(join(store, folder)).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return []
    throw error
  })
}

/** Tries all of them; throws the first failure at the end. */
async function removeFiles(paths: readonly string[]): Promise<void> {
  const failures: unknown[] = []
  await inParallel(paths, path => removeFile(path).catch((error: unknown) => failures.push(error)))
  if (failures.length > 0) throw failures[0]
}

/** Ends the name of a file that is being written, with its writer's attempt. */
const temporary = /\.tmp-([0-9a-f]{32})$/

interface BadFile {
  readonly file: string
  /** The checkpoint that would have counted its records; null when it was not even written to its end. */
  readonly number: number | null
  readonly attempt: string
}

/** Bad records that attempts kept: `bad/SOURCE.NUMBER.ATTEMPT.parquet`, hidden and with another ending while it is written. */
async function badFiles(store: string, isOthers: (owner: string) => boolean): Promise<readonly BadFile[]> {
  return (await namesIn(store, badFolder)).flatMap(name => {
    const [, number, attempt, rest] = /\.(\d+)\.([0-9a-f]{32})\.parquet(\..*tmp)?$/.exec(name) ?? []
    if (attempt === undefined || !isOthers(attempt)) return []
    return [{ file: `${badFolder}/${name}`, number: rest === undefined ? Number(number) : null, attempt }]
  })
}

/**
 * Whether the checkpoint that a file of bad records was written for never came, so that they were read and kept again:
 * another attempt has its number, or no one, and none of a dead attempt can follow. An older number that is gone was let
 * go, and what it counted stays.
 */
function isUncounted(manifests: readonly Manifest[]): (bad: BadFile) => boolean {
  const attempts = new Map(manifests.map(({ number, attempt }) => [number, attempt]))
  const newest = Math.max(0, ...attempts.keys())
  return ({ number, attempt }) =>
    number === null || number > newest || (attempts.has(number) && attempts.get(number) !== attempt)
}

/** Not of the chain of a task: bad records carry numbers of the store's own chain. */
function isOfStore({ task }: Manifest): boolean {
  return task === undefined
}

/** Those that are there: one that is let go meanwhile names nothing that others need. */
async function readManifests(store: string): Promise<readonly Manifest[]> {
  const read = await inParallel(await manifestNumbers(store), number =>
    readUnlessGone(join(store, numberedManifest(number))),
  )
  return read.filter(manifest => manifest !== null)
}

async function readUnlessGone(path: string): Promise<Manifest | null> {
  return readManifest(path).catch((error: unknown) => {
    if (hasCode(error, 'no-such-file')) return null
    throw error
  })
}

/** Of the chains of all tasks. */
async function chainManifests(store: string): Promise<readonly Manifest[]> {
  const read = await inParallel(await chainsIn(store), async chain => {
    const folder = chainFolder(chain)
    return inParallel(await manifestNumbers(store, folder), number =>
      readUnlessGone(join(store, numberedManifest(number, folder))),
    )
  })
  return read.flat().filter(manifest => manifest !== null)
}

function namedFiles(manifests: readonly Manifest[]): ReadonlySet<string> {
  return new Set(manifests.flatMap(allSegments).flatMap(({ name }) => filesOfSegment(name)))
}

/** Another attempt that committed last; null when that was the asking one, or nothing is known. */
function successorOf(manifests: readonly Manifest[], attempt: string): Manifest | null {
  const newest = manifests.at(-1)
  return newest === undefined || newest.attempt === attempt ? null : newest
}

function lostOwnership(thing: string, { number, attempt }: Manifest): HeadwaterError {
  return conflict({
    code: 'lost-ownership',
    thing,
    expected: 'the newest checkpoint to be of this run',
    found: `checkpoint ${number} of another attempt, ${attempt}`,
    remedy: 'let the other attempt run, or stop it and start again',
  })
}
