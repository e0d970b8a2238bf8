/**
 * Prepared manifests of a store that may be committed, and those that are spent (prepared.ts, D2). Who removes files looks
 * here before the manifests are read: what is published meanwhile is then found there.
 */
import { join } from 'node:path'
import { HeadwaterError } from '../errors.ts'
import { chainFolder, chainsIn } from './chains/chain-names.ts'
import { readFloor } from './floor.ts'
import { manifestNumbers, manifestsFolder } from './manifest-names.ts'
import type { Manifest } from './manifest.ts'
import { preparedIn } from './prepared.ts'
import { readManifest } from './read-manifest.ts'

/** The prepared manifests of all chains. */
export interface PreparedManifests {
  /** What they name stays, as what a manifest names does. */
  readonly waiting: readonly Manifest[]
  /** Files that nobody needs any more, relative to the store. */
  readonly spent: readonly string[]
}

/** Reads them. Errors: `data`, where one that waits can't be read; `unavailable`. */
export async function preparedManifests(store: string): Promise<PreparedManifests> {
  const waiting: Manifest[] = []
  const spent: string[] = []
  for (const chain of [manifestsFolder, ...(await chainsIn(store)).map(chainFolder)]) {
    const prepared = await preparedIn(store, chain)
    if (prepared.length === 0) continue
    const newest = (await manifestNumbers(store, chain)).at(-1) ?? (await readFloor(store, chain))
    for (const { name, number } of prepared) {
      if (number <= newest) spent.push(`${chain}/${name}`)
      else waiting.push(...(await readUnlessGone(join(store, chain, name))))
    }
  }
  return { waiting, spent }
}

/** It was published, or removed by who settled its chain. */
async function readUnlessGone(path: string): Promise<readonly Manifest[]> {
  try {
    return [await readManifest(path)]
  } catch (error) {
    if (error instanceof HeadwaterError && error.code === 'no-such-file') return []
    throw error
  }
}
