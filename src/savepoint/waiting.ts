/**
 * Prepared manifests of a store that may be committed, and those that are spent (prepared.ts, D2). Who removes files looks
 * here before the manifests are read: what is published meanwhile is then found there.
 */
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { conflict, hasCode, type HeadwaterError } from '../errors.ts'
import { chainFolder, chainsIn } from './chains/chain-names.ts'
import { readFloor } from './floor.ts'
import { manifestNumbers, manifestsFolder } from './manifest-names.ts'
import type { Manifest } from './manifest.ts'
import { preparedIn } from './prepared.ts'
import { present } from './presence.ts'
import { readManifest } from './read-manifest.ts'
import type { Savepoint } from './savepoint.ts'

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

/**
 * Refuses to take a store's newest checkpoint for its last while one that may be committed waits, and nobody is at work who would
 * publish it. Errors: `conflict`, code `in-doubt`; `unavailable`.
 */
export async function refuseWaiting({ folder, manifest }: Savepoint, clock: Clock): Promise<void> {
  if (manifest.number === 0 || manifest.transactions === undefined) return
  if ((await present(folder, clock)).some(({ role }) => role === 'owner')) return
  const isOf = ({ task }: Manifest): boolean => task === undefined || task.generation === manifest.number
  const waiting = (await preparedManifests(folder)).waiting.find(isOf)
  if (waiting === undefined) return
  throw inDoubt(folder, {
    expected: 'a newest checkpoint that is the last one',
    found: `checkpoint ${waiting.number} of attempt ${waiting.attempt}, prepared: its outputs may be out`,
    orElse: "name the manifest's file to take it as it is",
  })
}

/** What nobody knows who has no access to the cluster. `orElse`: a way beside settling it. */
export function inDoubt(
  store: string,
  {
    expected,
    found,
    orElse,
  }: { readonly expected: string; readonly found: string; readonly orElse?: string },
): HeadwaterError {
  const settling = howToSettle(store)
  const remedy = orElse === undefined ? settling : `${settling}; or ${orElse}`
  return conflict({ code: 'in-doubt', thing: store, expected, found, remedy })
}

/** To be run as it is but for the sink's address. */
function howToSettle(store: string): string {
  return `headwater compact ${store} --sink kafka://HOST:PORT/TOPIC, with the address of the sink that wrote there, settles that, and so does the job when it is started there once more`
}

/** It was published, or removed by who settled its chain. */
async function readUnlessGone(path: string): Promise<readonly Manifest[]> {
  try {
    return [await readManifest(path)]
  } catch (error) {
    if (hasCode(error, 'no-such-file')) return []
    throw error
  }
}
