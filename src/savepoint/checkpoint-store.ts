/**
 * A folder of checkpoints as one store: `manifests/` is a chain of numbers, each created exclusively, so that of two
 * owners only one can go on; `segments/` holds the layers that manifests share.
 *
 * S1. The newest number is the truth. If its file can't be read, that is an error: an older one is never taken instead,
 *     since outputs after it may be out already.
 * S2. Numbers are never reused (floor.ts), and nothing is removed but what no kept manifest names.
 * S3. Who opens a store says so in `alive/` until `close`: a collection spares what it writes (presence.ts).
 */
import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Clock } from '../clock.ts'
import { conflict, HeadwaterError, internal, invalid } from '../errors.ts'
import { adoptSegments, type AdoptOptions } from './adopt.ts'
import { chainFolder, type Chain } from './chains/chain-names.ts'
import { commitManifest, savepointManifest } from './commit.ts'
import { makeFolder } from './durable.ts'
import { readFloor } from './floor.ts'
import { withIoErrors } from './io-errors.ts'
import { removeLeftovers, type Removed } from './leftovers.ts'
import { manifestNumbers, manifestsFolder, numberedManifest } from './manifest-names.ts'
import type { Manifest, ManifestDraft } from './manifest.ts'
import { openManifestFile } from './open.ts'
import { appear, untilNobodyCollects, type Appearance } from './presence.ts'
import type { Savepoint } from './savepoint.ts'
import { segmentNamer, segmentsFolder, type WriteFolder } from './write-folder.ts'

/**
 * A store as one attempt sees it, or the chain of one task in it: numbers are those of that chain. The next number to commit
 * is the newest known plus one.
 */
export interface CheckpointStore extends WriteFolder {
  /** Null for the chain of the store itself. */
  readonly chain: Chain | null
  /** The newest number that this attempt read or committed; 0 while there is none. */
  readonly newestNumber: number
  /** The newest checkpoint, null while there is none. Errors as `openSavepoint`'s (S1). */
  newest(): Promise<Savepoint | null>
  /** The numbers there are, ascending. */
  numbers(): Promise<readonly number[]>
  /** The checkpoint of that number. */
  open(number: number): Promise<Savepoint>
  /**
   * Makes a draft the checkpoint of that number, which must be `newestNumber + 1` (or the same again, to repeat).
   * Errors: `conflict`, code `lost-ownership`, when another attempt was first; `unavailable`; `internal`.
   */
  commit(number: number, draft: ManifestDraft): Promise<Manifest>
  /** Links a savepoint's segments in, or copies them across file systems. After that the savepoint may be deleted. */
  adopt(savepoint: Savepoint, options?: AdoptOptions): Promise<void>
  /**
   * Removes what dead attempts left and no manifest names. Only for the owner, after its first commit, which is what has
   * ended the others. It reads every manifest, so it is best done beside the work. `isDone`: this attempt writes no more, and
   * what it left is removed too. Errors: those of `removeLeftovers`.
   */
  removeLeftovers(options?: { readonly isDone?: boolean }): Promise<Removed>
  /** The chain of one task; the same attempt. Closing this store ends both. */
  openChain(chain: Chain): Promise<CheckpointStore>
  /** Tells that nobody is at work here any more. Never throws. */
  close(): Promise<void>
}

/**
 * Opens a store for a new attempt, making the folder if needed.
 * Errors: `invalid`, codes `foreign-folder` and `wrong-path`; `unavailable`.
 */
export async function openStore(path: string, clock: Clock): Promise<CheckpointStore> {
  const folder = resolve(path)
  return withIoErrors('opening the checkpoints', folder, async () => {
    await makeFolder(folder)
    await refuseForeign(folder)
    await makeFolder(join(folder, segmentsFolder))
    await makeFolder(join(folder, manifestsFolder))
    const attempt = clock.randomId()
    const owner = await appear(folder, 'owner', attempt)
    try {
      await untilNobodyCollects(folder, clock)
      const newest = (await manifestNumbers(folder)).at(-1) ?? (await readFloor(folder))
      const parts = { path: folder, attempt, segmentName: segmentNamer(attempt), clock, owner }
      return new FolderStore(parts, null, newest)
    } catch (error) {
      await owner.disappear()
      throw error
    }
  })
}

/** What the chains of one attempt share. */
interface StoreParts {
  readonly path: string
  readonly attempt: string
  readonly segmentName: (uid: string, state: string) => string
  readonly clock: Clock
  readonly owner: Appearance
}

class FolderStore implements CheckpointStore {
  readonly path: string
  readonly attempt: string
  readonly chain: Chain | null
  readonly scratch: string = manifestsFolder
  readonly segmentName: (uid: string, state: string) => string
  readonly #parts: StoreParts
  /** Where its manifests are, relative to the store. */
  readonly #folder: string
  #newestNumber: number

  constructor(parts: StoreParts, chain: Chain | null, newestNumber: number) {
    this.#parts = parts
    this.path = parts.path
    this.attempt = parts.attempt
    this.segmentName = parts.segmentName
    this.chain = chain
    this.#folder = chain === null ? manifestsFolder : chainFolder(chain)
    this.#newestNumber = newestNumber
  }

  get newestNumber(): number {
    return this.#newestNumber
  }

  async newest(): Promise<Savepoint | null> {
    for (let last = 0; ;) {
      const number = (await this.numbers()).at(-1) ?? 0
      this.#newestNumber = Math.max(number, this.#newestNumber)
      if (number === 0) return null
      try {
        return await this.open(number)
      } catch (error) {
        // Another owner has gone on since, and let it go; the same number twice is no such thing.
        const isGone = error instanceof HeadwaterError && error.code === 'no-such-file'
        if (!isGone || number === last) throw error
        last = number
      }
    }
  }

  async numbers(): Promise<readonly number[]> {
    return withIoErrors('listing the checkpoints', this.path, () => manifestNumbers(this.path, this.#folder))
  }

  async open(number: number): Promise<Savepoint> {
    return openManifestFile(join(this.path, numberedManifest(number, this.#folder)))
  }

  async commit(number: number, draft: ManifestDraft): Promise<Manifest> {
    const next = this.#newestNumber + 1
    if (number !== next && number !== this.#newestNumber) {
      throw internal({
        code: 'bad-number',
        thing: this.path,
        expected: `checkpoint ${next}`,
        found: String(number),
      })
    }
    const name = numberedManifest(number, this.#folder)
    const manifest = await commitManifest(this, name, draft, number)
    if (this.chain !== null) await refuseSpentGeneration(this.path, name, this.chain)
    this.#newestNumber = number
    const { owner, clock } = this.#parts
    await owner.stay(clock)
    return manifest
  }

  async openChain(chain: Chain): Promise<CheckpointStore> {
    const folder = chainFolder(chain)
    return withIoErrors('opening the chain of a task', join(this.path, folder), async () => {
      await makeFolder(join(this.path, folder))
      const newest = (await manifestNumbers(this.path, folder)).at(-1) ?? (await readFloor(this.path, folder))
      return new FolderStore(this.#parts, chain, newest)
    })
  }

  async adopt(savepoint: Savepoint, options: AdoptOptions = {}): Promise<void> {
    await adoptSegments(savepoint, this, options)
  }

  async removeLeftovers({ isDone = false }: { readonly isDone?: boolean } = {}): Promise<Removed> {
    return removeLeftovers({
      store: this.path,
      attempt: this.attempt,
      by: this.chain !== null ? 'task' : isDone ? 'former owner' : 'owner',
      clock: this.#parts.clock,
    })
  }

  async close(): Promise<void> {
    if (this.chain === null) await this.#parts.owner.disappear()
  }
}

/** A chain whose generation was let go may have been made again by who was frozen meanwhile: what it links there is no success. */
async function refuseSpentGeneration(store: string, name: string, { generation }: Chain): Promise<void> {
  const floor = await readFloor(store)
  if (generation > floor) return
  await rm(join(store, name), { force: true })
  throw conflict({
    code: 'lost-ownership',
    thing: join(store, name),
    expected: `a generation above ${floor}, the floor`,
    found: `${generation}: others have gone on since`,
    remedy: 'let the other attempt run, or stop it and start again',
  })
}

/** Refuses a savepoint and anything that is no store, before a file is made. */
async function refuseForeign(folder: string): Promise<void> {
  const names = await readdir(folder)
  if (names.length === 0 || (names.includes(manifestsFolder) && !names.includes(savepointManifest))) return
  if (names.length === 1 && names[0] === segmentsFolder) return // killed between making the two folders
  const found = names.includes(savepointManifest) ? 'a savepoint' : [...names].sort().slice(0, 3).join(', ')
  const remedy = 'choose another folder for the checkpoints; nothing was touched'
  throw invalid({
    code: 'foreign-folder',
    thing: folder,
    expected: 'a folder of checkpoints, or a new one',
    found,
    remedy,
  })
}
