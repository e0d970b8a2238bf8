/** Names of the manifests in a store of checkpoints: their numbers, so that exclusive creation makes a chain. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '../errors.ts'

/** Where a store keeps its manifests. */
export const manifestsFolder = 'manifests'

/** `manifests/00000001.json`, relative to the store. `chain`: the folder of a task's chain. */
export function numberedManifest(number: number, chain: string = manifestsFolder): string {
  return `${chain}/${String(number).padStart(8, '0')}.json`
}

/** The numbers of a store's manifests above its floor, ascending. Temporary files are not among them. */
export async function manifestNumbers(
  folder: string,
  chain: string = manifestsFolder,
): Promise<readonly number[]> {
  const names = await readdir(join(folder, chain)).catch((error: unknown) => {
    // A task's chain has no folder before its first manifest, and none when its generation was let go.
    if (chain !== manifestsFolder && hasErrno(error, 'ENOENT')) return []
    throw error
  })
  const floor = floorOf(names)
  return numbersIn(names).filter(number => number > floor)
}

/** The numbers among names of files, ascending. */
export function numbersIn(names: readonly string[]): readonly number[] {
  const numbers = names.filter(name => /^\d{8,}\.json$/.test(name)).map(name => Number.parseInt(name, 10))
  return numbers.sort((a, b) => a - b)
}

/** The highest number that is spent: at or below it are manifests that were removed; 0 while none was. */
export function floorOf(names: readonly string[]): number {
  return floorsIn(names).at(-1) ?? 0
}

/** All floors among names of files, ascending. */
export function floorsIn(names: readonly string[]): readonly number[] {
  const numbers = names.filter(name => /^\d{8,}\.floor$/.test(name)).map(name => Number.parseInt(name, 10))
  return numbers.sort((a, b) => a - b)
}
