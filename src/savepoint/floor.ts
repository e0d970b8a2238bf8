/**
 * The floor of a store: numbers up to it are spent for good, though their manifests may be gone. It stands before the
 * first manifest is removed. Whoever links a manifest looks at it afterwards (commit.ts): a name that was free because
 * its manifest had been removed is at or below the floor by then, so a former owner that wakes up commits nothing.
 *
 * F1. A floor is an empty file `manifests/NUMBER.floor`; the highest counts, so two that raise it can't lower it.
 * F2. Of former floors the last one stays: a listing that is made while the floor is raised sees one of the two.
 */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeFile, syncFolder } from './durable.ts'
import { floorOf, floorsIn, manifestsFolder } from './manifest-names.ts'

/** The highest number that is spent in a store, or in the chain of a task; 0 while nothing was removed. */
export async function readFloor(folder: string, chain: string = manifestsFolder): Promise<number> {
  return floorOf(await readdir(join(folder, chain)))
}

/** Raises it, durably. */
export async function raiseFloor(
  folder: string,
  number: number,
  chain: string = manifestsFolder,
): Promise<void> {
  const manifests = join(folder, chain)
  const known = floorsIn(await readdir(manifests))
  if ((known.at(-1) ?? 0) < number) await (await open(join(manifests, floorName(number)), 'a')).close()
  await syncFolder(manifests)
  for (const former of known.filter(each => each < number).slice(0, -1)) {
    await removeFile(join(manifests, floorName(former)))
  }
}

function floorName(number: number): string {
  return `${String(number).padStart(8, '0')}.floor`
}
