/** Everything below a folder that is a savepoint or a checkpoint, whole or not. */
import { readdir, stat } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { hasErrno, HeadwaterError, messageOf } from '../errors.ts'
import { chainFolder, chainsIn } from './chains/chain-names.ts'
import { savepointManifest } from './commit.ts'
import { withIoErrors } from './io-errors.ts'
import { manifestNumbers, manifestsFolder, numberedManifest } from './manifest-names.ts'
import { allSegments } from './manifest-rules.ts'
import type { Manifest } from './manifest.ts'
import { openManifestFile } from './open.ts'
import { aliveFolder } from './presence.ts'
import { requestsFolder } from './requests/requests.ts'
import { segmentPath, segmentsFolder } from './write-folder.ts'

/** What a manifest says of itself, briefly. */
export interface ListedContents {
  readonly kind: Manifest['kind']
  /** 0 for a savepoint of its own. */
  readonly number: number
  readonly job: string
  readonly createdMs: number
  /** Keys of all operators; null where they were not counted. */
  readonly keys: number | null
  /** Of the segments that it names; others may name them too. */
  readonly bytes: number
  /** By source, ascending by partition: the first record not yet applied, null where it is not known. */
  readonly positions: readonly {
    readonly source: string
    readonly partitions: readonly { readonly partition: number; readonly next: number | null }[]
  }[]
  /** The savepoint that it came from last; null for none. */
  readonly parent: { readonly path: string; readonly manifestDigest: string } | null
  readonly manifestDigest: string
}

/** One savepoint or checkpoint. */
export interface Listed {
  /** The path of its folder, or of its manifest in a store: what other commands take. */
  readonly path: string
  /** Relative to the folder that was asked for. */
  readonly name: string
  /** The manifest is whole, and all its segments are there in full length. */
  readonly complete: boolean
  /** Why it is not complete; null when it is. */
  readonly problem: string | null
  /** Null when the manifest can't be read. */
  readonly contents: ListedContents | null
}

/** Folders whose contents are told by the manifest beside them. */
const inner: readonly string[] = [manifestsFolder, segmentsFolder, aliveFolder, requestsFolder, 'bad']

/** Lists them by path, checkpoints by number. Links are not followed. Errors: `invalid`, code `no-such-file`; `unavailable`. */
export async function ls(path: string): Promise<readonly Listed[]> {
  const root = resolve(path)
  return withIoErrors('listing savepoints', root, async () => {
    const found: Listed[] = []
    for await (const manifestPath of manifestsBelow(root)) {
      const each = await listed(root, manifestPath)
      if (each.complete || !(await wasLetGo(manifestPath))) found.push(each)
    }
    return found
  })
}

/** A checkpoint that its store let go while it was looked at is not damaged, but not there: its manifest went first. */
async function wasLetGo(manifestPath: string): Promise<boolean> {
  if (basename(manifestPath) === savepointManifest) return false
  return stat(manifestPath).then(
    () => false,
    (error: unknown) => hasErrno(error, 'ENOENT', 'ENOTDIR'),
  )
}

/** Paths of manifests, of those too that should be there. */
async function* manifestsBelow(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.map(({ name }) => name)
  const isStore = names.includes(manifestsFolder)
  if (names.includes(savepointManifest) || (names.includes(segmentsFolder) && !isStore))
    yield join(folder, savepointManifest)
  if (isStore) {
    for (const number of await manifestNumbers(folder)) yield join(folder, numberedManifest(number))
    for (const chain of (await chainsIn(folder)).map(chainFolder))
      for (const number of await manifestNumbers(folder, chain))
        yield join(folder, numberedManifest(number, chain))
  }
  for (const { name } of entries
    .filter(entry => entry.isDirectory())
    .sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!inner.includes(name) && !/^(?:attempt|dead)-[0-9a-f]{32}$/.test(name))
      yield* manifestsBelow(join(folder, name))
  }
}

async function listed(root: string, manifestPath: string): Promise<Listed> {
  const isSavepoint = manifestPath.endsWith(savepointManifest)
  const path = isSavepoint ? manifestPath.slice(0, -savepointManifest.length - 1) : manifestPath
  const place = { path, name: relative(root, path) || '.' }
  try {
    const { folder, manifest } = await openManifestFile(manifestPath)
    const problem = await missingSegment(folder, manifest)
    return { ...place, complete: problem === null, problem, contents: contentsOf(manifest) }
  } catch (error) {
    if (!(error instanceof HeadwaterError) || error.kind === 'unavailable') throw error
    const problem = error.code === 'no-such-file' ? 'not finished: no manifest' : messageOf(error)
    return { ...place, complete: false, problem, contents: null }
  }
}

async function missingSegment(folder: string, manifest: Manifest): Promise<string | null> {
  for (const { name, bytes } of allSegments(manifest)) {
    const size = await stat(segmentPath(folder, name)).then(
      stats => stats.size,
      (error: unknown) => {
        if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null
        throw error
      },
    )
    if (size === null) return `segment ${name} is missing`
    if (size !== bytes) return `segment ${name} has ${size} bytes, not ${bytes}`
  }
  return null
}

function contentsOf(manifest: Manifest): ListedContents {
  const { kind, number, job, createdMs, counts, sources, parents, manifestDigest } = manifest
  const keys = counts.operators.map(each => each.keys)
  const parent = parents.at(-1)
  return {
    kind,
    number,
    job: job.name,
    createdMs,
    keys: keys.includes(null) ? null : keys.reduce<number>((sum, each) => sum + (each ?? 0), 0),
    bytes: allSegments(manifest).reduce((sum, segment) => sum + segment.bytes, 0),
    positions: sources.map(({ name, partitions }) => ({
      source: name,
      partitions: partitions.map(({ partition, next }) => ({ partition, next })),
    })),
    parent: parent === undefined ? null : { path: parent.path, manifestDigest: parent.manifestDigest },
    manifestDigest,
  }
}
