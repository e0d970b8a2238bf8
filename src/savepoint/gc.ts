/** Collection by command: what no kept manifest needs, but for what somebody is writing or reading. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, type Clock } from '../clock.ts'
import { hasErrno } from '../errors.ts'
import { badFolder } from './attempt-folder.ts'
import { savepointManifest } from './commit.ts'
import { ioError, withIoErrors } from './io-errors.ts'
import { removeLeftovers } from './leftovers.ts'
import { floorOf, manifestsFolder, numbersIn } from './manifest-names.ts'
import { allSegments } from './manifest-rules.ts'
import { openSavepoint } from './open.ts'
import { appear, present } from './presence.ts'
import { bytesOf, filesOfSegment, Retention } from './retention.ts'
import type { Savepoint } from './savepoint.ts'
import { attemptOfSegmentFile, segmentsFolder } from './write-folder.ts'

/** What to keep, and how. */
export interface GcOptions {
  /** So many of the newest checkpoints. Default: all, unless `keepForMs` is given, then 1. */
  readonly keep?: number | undefined
  /** And those younger than this, milliseconds. Default: none, beside `keep`. */
  readonly keepForMs?: number | undefined
  /** Only say what would go. */
  readonly dryRun?: boolean
  readonly clock?: Clock
}

/** What went, or would go. */
export interface GcReport {
  readonly folder: string
  readonly dryRun: boolean
  /** Numbers of checkpoints, ascending. */
  readonly checkpoints: readonly number[]
  /** Relative to the folder. */
  readonly files: readonly string[]
  readonly bytes: number
  /** A live owner is at work: what no manifest names is left to it. */
  readonly ownerAlive: boolean
}

/**
 * Collects a store of checkpoints, or a savepoint folder, where only what killed attempts left can go. Errors: those of
 * `openSavepoint`; `data` when a kept manifest can't be read, and then nothing is removed; `invalid`, code `bad-option`;
 * `unavailable`, where something could not be removed, after all else was.
 */
export async function gc(path: string, options: GcOptions = {}): Promise<GcReport> {
  const { clock = systemClock, dryRun = false } = options
  const unused = await unusedStore(path)
  if (unused !== null) return collectStore(unused, options, clock, dryRun)
  const savepoint = await openSavepoint(path)
  if (savepoint.manifest.number === 0) return collectSavepoint(savepoint, dryRun)
  return collectStore(savepoint.folder, options, clock, dryRun)
}

async function collectStore(
  folder: string,
  options: GcOptions,
  clock: Clock,
  dryRun: boolean,
): Promise<GcReport> {
  const attempt = clock.randomId()
  const collector = dryRun ? null : await appear(folder, 'collector', attempt)
  try {
    const ownerAlive = (await present(folder, clock)).some(({ role }) => role === 'owner')
    const retention = new Retention(folder, policyOf(options), clock)
    const plan = await retention.apply(true)
    const planned = await bytesOf(folder, plan.files)
    const { checkpoints, files } = dryRun ? plan : await retention.apply()
    const leftovers = { store: folder, attempt, by: 'collector', clock } as const
    const left = ownerAlive ? [] : (await removeLeftovers({ ...leftovers, dryRun: true })).files
    const bytes = planned + (await bytesOf(folder, left))
    if (!dryRun && !ownerAlive) await removeLeftovers(leftovers)
    return { folder, dryRun, checkpoints, files: [...new Set([...files, ...left])], bytes, ownerAlive }
  } finally {
    await collector?.disappear()
  }
}

/** A store to which nothing was ever committed: all that is in it was left. Null for everything else. */
async function unusedStore(path: string): Promise<string | null> {
  const names = await readdir(join(path, manifestsFolder)).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null
    throw ioError(error, 'listing the checkpoints', path)
  })
  const isUnused = names !== null && numbersIn(names).length === 0 && floorOf(names) === 0
  return isUnused && !(await readdir(path)).includes(savepointManifest) ? path : null
}

function policyOf({ keep, keepForMs }: GcOptions): { keep: number; keepForMs: number } {
  if (keep === undefined && keepForMs === undefined) return { keep: Infinity, keepForMs: 0 }
  return { keep: keep ?? 1, keepForMs: keepForMs ?? 0 }
}

/** It is committed: no other attempt can be any more, whatever is left of one. */
async function collectSavepoint({ folder, manifest }: Savepoint, dryRun: boolean): Promise<GcReport> {
  return withIoErrors('collecting', folder, async () => {
    const named = new Set(allSegments(manifest).flatMap(({ name }) => filesOfSegment(name)))
    const names = await readdir(folder)
    const segments = names.includes(segmentsFolder) ? await readdir(join(folder, segmentsFolder)) : []
    const files = [
      ...names.filter(name => /^(?:attempt|dead)-[0-9a-f]{32}$/.test(name) && name !== savepointManifest),
      ...segments
        .filter(name => attemptOfSegmentFile(name) !== null)
        .map(name => `${segmentsFolder}/${name}`)
        .filter(file => !named.has(file)),
    ]
    const bad = names.includes(badFolder) ? await readdir(join(folder, badFolder)) : []
    files.push(...bad.filter(name => /^\..+\.tmp$/.test(name)).map(name => `${badFolder}/${name}`))
    const bytes = await bytesOf(folder, files)
    if (!dryRun) for (const file of files) await rm(join(folder, file), { recursive: true, force: true })
    return { folder, dryRun, checkpoints: [], files, bytes, ownerAlive: false }
  })
}
