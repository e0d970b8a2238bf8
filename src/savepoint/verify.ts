/**
 * Checks a savepoint in full and never changes it: every checksum, order and uniqueness, counts, key groups by their
 * keys, layers folded, both digests. What is damaged is described; what can still be read is read. Or the checksums alone.
 */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { hasCode } from '../errors.ts'
import { chainFolder, chainsIn } from './chains/chain-names.ts'
import { savepointManifest } from './commit.ts'
import { rootDigest } from './digest.ts'
import { verifyBadFiles } from './bad-files.ts'
import { Findings, type Finding } from './findings.ts'
import { segmentFiles, storedState } from './find-state.ts'
import { withIoErrors } from './io-errors.ts'
import { manifestText } from './manifest-file.ts'
import { manifestNumbers, numberedManifest } from './manifest-names.ts'
import { allSegments } from './manifest-rules.ts'
import type { Manifest } from './manifest.ts'
import { findManifest, openManifestFile, openSavepoint } from './open.ts'
import { pinAll } from './pinned.ts'
import type { Appearance } from './presence.ts'
import { readManifestBytes } from './read-manifest.ts'
import type { Savepoint } from './savepoint.ts'
import { placeOf } from './segment-columns.ts'
import { verifyOperator, type OperatorContents } from './verify-state.ts'
import { verifySums } from './verify-segment.ts'
import { segmentsFolder } from './write-folder.ts'

/** How much to check. */
export interface VerifyOptions {
  /**
   * Sizes and checksums alone: that all is as it was written, not that it was written right. Default false: everything.
   */
  readonly sumsOnly?: boolean
}

/** What a check of a savepoint came to. */
export interface VerifyReport {
  /** Whether everything was checked, or sizes and checksums alone. */
  readonly checked: 'everything' | 'sums'
  readonly manifestPath: string
  /** Null when it can't be read. */
  readonly manifest: Manifest | null
  /** No error was found. */
  readonly sound: boolean
  readonly findings: readonly Finding[]
  readonly segments: number
  readonly rows: number
  /** Keys by operator, as counted; empty when segments are damaged, or for sums alone. */
  readonly keys: readonly { readonly uid: string; readonly keys: number }[]
  /** As computed; null when segments are damaged, or for sums alone. */
  readonly stateDigest: string | null
}

/**
 * Checks a savepoint folder, a store's newest checkpoint (and that the older manifests are whole), or a manifest file.
 * Damage is reported, not thrown. Errors: `invalid`, codes `no-such-file` and `not-a-savepoint`; `unavailable`.
 */
export async function verifySavepoint(
  path: string,
  { sumsOnly = false }: VerifyOptions = {},
): Promise<VerifyReport> {
  const all = await pinAll(path)
  try {
    return await verifyPinned(path, all, sumsOnly)
  } finally {
    await all?.disappear()
  }
}

async function verifyPinned(path: string, pin: Appearance | null, sumsOnly: boolean): Promise<VerifyReport> {
  const findings = new Findings()
  const savepoint = await findings.collect(() => openSavepoint(path))
  const manifestPath = savepoint?.manifestPath ?? (await findManifest(path))
  if (savepoint !== null) await pin?.reads(allSegments(savepoint.manifest).map(({ name }) => name))
  const contents = savepoint === null ? null : await verifyContents(savepoint, findings, sumsOnly)
  const segments = savepoint === null ? [] : allSegments(savepoint.manifest)
  return {
    checked: sumsOnly ? 'sums' : 'everything',
    manifestPath,
    manifest: savepoint?.manifest ?? null,
    sound: findings.errors === 0,
    findings: findings.all,
    segments: segments.length,
    rows: segments.reduce((sum, { rows }) => sum + rows, 0),
    keys: contents?.operators.map(({ uid, keys }) => ({ uid, keys })) ?? [],
    stateDigest: contents?.stateDigest ?? null,
  }
}

interface Contents {
  readonly operators: readonly OperatorContents[]
  readonly stateDigest: string
}

async function verifyContents(
  savepoint: Savepoint,
  findings: Findings,
  sumsOnly: boolean,
): Promise<Contents | null> {
  if (savepoint.heads === undefined) await checkText(savepoint, findings)
  await checkStrangers(savepoint, await otherManifests(savepoint, findings), findings)
  await verifyBadFiles(savepoint.folder, findings)
  if (sumsOnly) {
    await verifyAllSums(savepoint, findings)
    return null
  }
  const operators: OperatorContents[] = []
  for (const operator of savepoint.manifest.operators)
    operators.push(await verifyOperator(savepoint, operator, findings))
  if (findings.errors > 0) return null
  const digests = operators.flatMap(operator => operator.digests)
  const stateDigest = rootDigest(digests, savepoint.manifest)
  checkAgainstManifest(savepoint, { operators, stateDigest }, findings)
  return { operators, stateDigest }
}

/** The digest covers what a manifest says, and not its white space; there is one text that says it. */
async function checkText({ manifestPath, manifest }: Savepoint, findings: Findings): Promise<void> {
  const bytes = await findings.collect(() => unlessGone(readManifestBytes(manifestPath)))
  if (bytes !== null && !bytes.equals(Buffer.from(manifestText(manifest))))
    findings.error(manifestPath, 'says what was written, but not in the same bytes')
}

async function verifyAllSums({ folder, manifest }: Savepoint, findings: Findings): Promise<void> {
  for (const operator of manifest.operators) {
    for (const state of operator.states) {
      const stored = storedState(operator, state)
      for (const layer of state.layers.keys()) {
        const context = {
          table: stored.table,
          layer: placeOf(layer),
          keyGroups: manifest.keyGroups,
          findings,
        }
        for (const segment of segmentFiles(folder, stored, layer))
          await verifySums(segment, context).finally(() => segment.close())
      }
    }
  }
}

function checkAgainstManifest(
  { manifest, manifestPath }: Savepoint,
  found: Contents,
  findings: Findings,
): void {
  if (manifest.stateDigest !== null && manifest.stateDigest !== found.stateDigest) {
    findings.error(
      `${manifestPath}: $.stateDigest`,
      `expected ${found.stateDigest}, found ${manifest.stateDigest}`,
    )
  }
  for (const { uid, keys } of manifest.counts.operators) {
    const counted = found.operators.find(operator => operator.uid === uid)?.keys ?? 0
    if (keys !== null && keys !== counted) {
      findings.error(`${manifestPath}: $.counts.operators`, `${uid}: expected ${counted} keys, found ${keys}`)
    }
  }
}

/** The other manifests of a store, each read whole; none for a savepoint folder. */
async function otherManifests(
  { folder, manifestPath }: Savepoint,
  findings: Findings,
): Promise<readonly Manifest[]> {
  if (basename(manifestPath) === savepointManifest) return []
  const manifests: Manifest[] = []
  const names = (await manifestNumbers(folder)).map(number => numberedManifest(number))
  for (const chain of (await chainsIn(folder)).map(chainFolder))
    names.push(...(await manifestNumbers(folder, chain)).map(number => numberedManifest(number, chain)))
  for (const name of names) {
    const path = join(folder, name)
    const other =
      path === manifestPath ? null : await findings.collect(() => unlessGone(openManifestFile(path)))
    if (other === null) continue
    manifests.push(other.manifest)
    await checkText(other, findings)
  }
  return manifests
}

/** A live run's retention may remove a manifest meanwhile; null then. */
async function unlessGone<T>(reading: Promise<T>): Promise<T | null> {
  return reading.catch((error: unknown) => {
    if (hasCode(error, 'no-such-file')) return null
    throw error
  })
}

/** Files that no manifest names: what a killed attempt left, or somebody put there. */
async function checkStrangers(
  { folder, manifest }: Savepoint,
  others: readonly Manifest[],
  findings: Findings,
): Promise<void> {
  const segments = join(folder, segmentsFolder)
  const names = await withIoErrors('listing the segments', segments, () => readdir(segments)).catch(
    (error: unknown) => {
      if (hasCode(error, 'no-such-file')) return []
      throw error
    },
  )
  const known = new Set(
    [manifest, ...others].flatMap(allSegments).flatMap(({ name }) => [`${name}.arrow`, `${name}.index.json`]),
  )
  for (const name of names)
    if (!known.has(name)) findings.warning(join(segments, name), 'no manifest names it')
}
