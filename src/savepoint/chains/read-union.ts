/** Reads the chains of a generation: their newest manifests, and the union of them all. */
import { join } from 'node:path'
import { manifestNumbers, numberedManifest } from '../manifest-names.ts'
import type { Manifest } from '../manifest.ts'
import { readManifest } from '../read-manifest.ts'
import type { Savepoint } from '../savepoint.ts'
import { chainFolder } from './chain-names.ts'
import { unionOf } from './union.ts'

/** By task, the newest manifest of its chain; null where it has none yet. Errors: those of reading. */
export async function chainHeads(
  folder: string,
  generation: Manifest,
): Promise<readonly (Savepoint | null)[]> {
  const { count } = generation.tasks!
  const tasks = Array.from({ length: count }, (_, task) => task)
  return Promise.all(
    tasks.map(async task => newestOf(folder, chainFolder({ generation: generation.number, task }))),
  )
}

/** The union of a generation, as a savepoint. Errors: those of reading; `data`, code `corrupt-manifest`. */
export async function readUnion({ folder, manifestPath, manifest }: Savepoint): Promise<Savepoint> {
  const heads = (await chainHeads(folder, manifest)).filter(head => head !== null)
  const union = unionOf(
    manifest,
    heads.map(head => head.manifest),
  )
  return { folder, manifestPath, manifest: union, heads }
}

async function newestOf(folder: string, chain: string): Promise<Savepoint | null> {
  const newest = (await manifestNumbers(folder, chain)).at(-1)
  if (newest === undefined) return null
  const manifestPath = join(folder, numberedManifest(newest, chain))
  return { folder, manifestPath, manifest: await readManifest(manifestPath) }
}
