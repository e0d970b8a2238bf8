/**
 * Prepared manifests: whole manifests under hidden names beside the chain that they are for, durable before a transaction
 * names one of them and so commits it. Publishing it gives it its number (live/TRANSACTIONS.md, section 2).
 *
 * D1. A prepared manifest never changes, and its name holds its number and its attempt: a name stands for one text.
 * D2. One above the newest number of its chain may be committed, whoever wrote it: what it names stays. One at or below
 *     that number was published, or never can be.
 * D3. It is published by whoever comes first, its writer or who settles the chain: both give the number the same file.
 */
import { createHash } from 'node:crypto'
import { link, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { badData, hasCode, hasErrno, type HeadwaterError } from '../errors.ts'
import type { CommitPointer } from '../sink/transaction.ts'
import { checkSegments, inScratch, lostOwnership, refuseSpent } from './commit.ts'
import { removeFile, syncFolder, writeDurably } from './durable.ts'
import { readFloor } from './floor.ts'
import { manifestText, parseManifest } from './manifest-file.ts'
import type { Manifest } from './manifest.ts'
import { numberedManifest } from './manifest-names.ts'
import { readManifestBytes } from './read-manifest.ts'
import { segmentsFolder, type WriteFolder } from './write-folder.ts'

/** One of them, by its name. */
export interface PreparedName {
  /** Without a folder. */
  readonly name: string
  readonly number: number
  readonly attempt: string
}

/** The name of the one that an attempt prepared for a number. */
export function preparedName(number: number, attempt: string): string {
  return `.${String(number).padStart(8, '0')}.${attempt}.prepared`
}

/** What the name of a file in the folder of a chain stands for; null for any other name. */
export function preparedNamed(name: string): PreparedName | null {
  const [, number, attempt] = /^\.(\d{8,})\.([0-9a-f]{32})\.prepared$/.exec(name) ?? []
  return number === undefined ? null : { name, number: Number(number), attempt: attempt! }
}

/** Those in the folder of a chain, by number. */
export async function preparedIn(store: string, chain: string): Promise<readonly PreparedName[]> {
  const names = await readdir(join(store, chain)).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return []
    throw error
  })
  const found = names.map(preparedNamed).filter(prepared => prepared !== null)
  return found.sort((a, b) => a.number - b.number)
}

/** Writes one durably, with all that it names; the digest of its text. May be repeated. Errors: those of a commit. */
export async function writePrepared(folder: WriteFolder, chain: string, manifest: Manifest): Promise<string> {
  const name = `${chain}/${preparedName(manifest.number, manifest.attempt)}`
  const final = join(folder.path, name)
  const temporary = join(folder.path, folder.scratch, `${name.replaceAll('/', '-')}.tmp-${folder.attempt}`)
  const text = manifestText(manifest)
  await checkSegments(folder.path, manifest)
  await syncFolder(join(folder.path, segmentsFolder))
  try {
    await inScratch(final, async () => {
      await writeDurably(temporary, text)
      await rename(temporary, final)
    })
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined)
  }
  await syncFolder(dirname(final))
  return digestOf(Buffer.from(text))
}

/**
 * Gives a committed one its number. Errors: `data`, codes `prepared-missing` and `prepared-damaged`; `conflict`, code
 * `lost-ownership`, where the number is somebody else's or spent.
 */
export async function publishPrepared(
  store: string,
  chain: string,
  pointer: CommitPointer,
): Promise<Manifest> {
  const prepared = join(store, chain, pointer.manifest)
  const finalName = numberedManifest(pointer.number, chain)
  const final = join(store, finalName)
  refuseForeignName(prepared, pointer)
  const bytes = await readIfThere(prepared)
  if (bytes === null) return published(store, chain, pointer)
  const manifest = checked(bytes, prepared, pointer)
  try {
    await link(prepared, final)
  } catch (error) {
    if (hasErrno(error, 'EEXIST', 'ENOENT')) return published(store, chain, pointer) // D3
    throw error
  }
  await syncFolder(dirname(final))
  await refuseSpent(store, finalName, pointer.number)
  await removeFile(prepared)
  return manifest
}

/** Somebody else published it, or what is there is another one. */
async function published(store: string, chain: string, pointer: CommitPointer): Promise<Manifest> {
  const final = join(store, numberedManifest(pointer.number, chain))
  const bytes = await readIfThere(final)
  if (bytes !== null && digestOf(bytes) === pointer.digest) {
    await syncFolder(dirname(final)) // who linked it may not have come so far
    await removeFile(join(store, chain, pointer.manifest))
    return parseManifest(bytes.toString(), final)
  }
  const expected = `the checkpoint of attempt ${pointer.attempt}`
  if (bytes !== null) throw lostOwnership(final, expected, 'one of another attempt')
  if (pointer.number <= (await readFloor(store, chain)))
    throw lostOwnership(final, expected, 'that others went on and let it go')
  throw missing(join(store, chain, pointer.manifest), pointer)
}

/** Names in pointers come from elsewhere: they lead nowhere else. */
function refuseForeignName(thing: string, { number, attempt, manifest }: CommitPointer): void {
  const expected = preparedName(number, attempt)
  if (manifest === expected) return
  throw badData({ code: 'bad-pointer', thing, expected, found: manifest, remedy: remedies.other })
}

function checked(bytes: Buffer, path: string, pointer: CommitPointer): Manifest {
  const digest = digestOf(bytes)
  const damaged = (expected: string, found: string): HeadwaterError =>
    badData({ code: 'prepared-damaged', thing: path, expected, found, remedy: remedies.restore })
  if (digest !== pointer.digest)
    throw damaged(`a file of sha-256 ${pointer.digest}, as it was committed`, digest)
  const manifest = parseManifest(bytes.toString(), path)
  if (manifest.number === pointer.number && manifest.attempt === pointer.attempt) return manifest
  throw damaged(
    `checkpoint ${pointer.number} of ${pointer.attempt}`,
    `${manifest.number} of ${manifest.attempt}`,
  )
}

async function readIfThere(path: string): Promise<Buffer | null> {
  return readManifestBytes(path).catch((error: unknown) => {
    if (hasCode(error, 'no-such-file')) return null
    throw error
  })
}

function missing(thing: string, { number, attempt }: CommitPointer): HeadwaterError {
  return badData({
    code: 'prepared-missing',
    thing,
    expected: `the prepared manifest of checkpoint ${number} by attempt ${attempt}, whose outputs are out`,
    found: 'none: the folder is older than its outputs',
    remedy: remedies.restore,
  })
}

const remedies = {
  restore:
    'restore the folder of checkpoints as it was, or begin with --from in a new folder, which writes again what came after',
  other: 'the pointer topic holds what this program did not write: begin with --from in a new folder',
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
