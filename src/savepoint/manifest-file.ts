/**
 * The manifest as text: written, digested, and read again with suspicion. A file is either a whole, consistent manifest
 * or an error that names the place; nothing is repaired and nothing is assumed.
 */
import { createHash } from 'node:crypto'
import { badData, internal, type HeadwaterError } from '../errors.ts'
import { canonicalJson, type Json } from './canonical-json.ts'
import { plainObject, ShapeMismatch } from './json-shape.ts'
import { checkManifestRules } from './manifest-rules.ts'
import { checkDepth, manifestShape } from './manifest-shape.ts'
import { formatVersion, type Manifest, type ManifestDraft } from './manifest.ts'

/** Larger files are refused unread. */
export const maxManifestBytes: number = 64 * 1024 * 1024

/** sha-256, hexadecimal, over the canonical JSON of the manifest without its own digest. */
export function manifestDigestOf(manifest: Manifest | Omit<Manifest, 'manifestDigest'>): string {
  const { manifestDigest: _, ...covered } = manifest as Manifest
  return createHash('sha256')
    .update(canonicalJson(covered as unknown as Json))
    .digest('hex')
}

/**
 * The whole manifest of a draft; `internal`, code `bad-manifest`, when the draft breaks a rule that readers check,
 * so that what could not be read again is never committed.
 */
export function completeManifest(draft: ManifestDraft, number: number, attempt: string): Manifest {
  const covered: Omit<Manifest, 'manifestDigest'> = { formatVersion, ...draft, number, attempt }
  const manifest = { ...covered, manifestDigest: manifestDigestOf(covered) }
  try {
    return checkedManifest(JSON.parse(JSON.stringify(manifest)))
  } catch (error) {
    if (!(error instanceof ShapeMismatch)) throw error
    const { at, expected, found } = error
    throw internal({
      code: 'bad-manifest',
      thing: `the manifest to be written: ${at}`,
      expected,
      found,
      cause: error,
    })
  }
}

/** The text of a manifest's file: JSON, indented by two, with a line end. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/**
 * Reads a manifest; `file` names it in errors. Errors: `data`, codes `newer-format`, and `corrupt-manifest` with the
 * JSON path, for everything else that is not a manifest of this version with its right digest.
 */
export function parseManifest(text: string, file: string): Manifest {
  const parsed = parsedJson(text, file)
  refuseNewer(parsed, file)
  try {
    const manifest = checkedManifest(parsed)
    const computed = manifestDigestOf(manifest)
    if (computed === manifest.manifestDigest) return manifest
    throw new ShapeMismatch(
      '$.manifestDigest',
      `${computed}, the digest of the rest`,
      manifest.manifestDigest,
    )
  } catch (error) {
    if (error instanceof ShapeMismatch) throw corrupt(file, error)
    throw error
  }
}

function checkedManifest(parsed: unknown): Manifest {
  checkDepth(parsed)
  const manifest = manifestShape(parsed, '$')
  checkManifestRules(manifest)
  return manifest
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw corrupt(file, new ShapeMismatch('$', 'JSON', error instanceof Error ? error.message : ''))
  }
}

function refuseNewer(parsed: unknown, file: string): void {
  const version = isObject(parsed) ? plainObject(parsed, '$')['formatVersion'] : undefined
  if (typeof version !== 'number' || !(version > formatVersion)) return
  throw badData({
    code: 'newer-format',
    thing: file,
    expected: `savepoint format ${formatVersion} or older`,
    found: `format ${version}`,
    remedy: 'read it with the newer Headwater that wrote it',
  })
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function corrupt(file: string, { at, expected, found }: ShapeMismatch): HeadwaterError {
  const remedy = 'restore the file from a copy, or use another savepoint'
  return badData({ code: 'corrupt-manifest', thing: `${file}: ${at}`, expected, found, remedy })
}
