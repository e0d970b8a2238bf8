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
import { conflict, hasCode, internal, invalid } from '../errors.ts'
import type { CommitPointer } from '../sink/transaction.ts'
import { adoptSegments, type AdoptOptions } from './adopt.ts'
import { chainFolder, chainName, type Chain } from './chains/chain-names.ts'
import { commitManifest, lostOwnership, savepointManifest } from './commit.ts'
import { makeFolder, removeFile } from './durable.ts'
import { readFloor } from './floor.ts'
import { withIoErrors } from './io-errors.ts'
import { removeLeftovers, type Removed } from './leftovers.ts'
import { completeManifest } from './manifest-file.ts'
import { manifestNumbers, manifestsFolder, numberedManifest } from './manifest-names.ts'
import type { Manifest, ManifestDraft } from './manifest.ts'
import { openManifestFile } from './open.ts'
import { preparedIn, preparedName, publishPrepared, writePrepared, type PreparedName } from './prepared.ts'
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
  /**
   * Writes a draft as the prepared manifest of that number, which must be `newestNumber + 1`, and says what a transaction
   * must name to commit it; then it is to be published. Errors as `commit`'s.
   */
  prepare(number: number, draft: ManifestDraft): Promise<CommitPointer>
  /** Gives a prepared manifest that was committed its number; may be repeated, and done by others. Errors: `publishPrepared`'s. */
  publish(pointer: CommitPointer): Promise<Manifest>
  /** The prepared manifests that there are, by number. */
  prepared(): Promise<readonly PreparedName[]>
  removePrepared(name: string): Promise<void>
  /** Looks for the newest number again. */
  latestNumber(): Promise<number>
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
        const isGone = hasCode(error, 'no-such-file')
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
    if (number !== this.#newestNumber) this.#refuseNumber(number)
    const manifest = await commitManifest(this, numberedManifest(number, this.#folder), draft, number)
    return this.#committed(manifest)
  }

  async prepare(number: number, draft: ManifestDraft): Promise<CommitPointer> {
    this.#refuseNumber(number)
    const { attempt, path } = this
    const manifest = completeManifest(draft, number, attempt)
    return withIoErrors('preparing a checkpoint', path, async () => {
      const digest = await writePrepared(this, this.#folder, manifest)
      const pointer = {
        chain: chainName(this.chain),
        number,
        manifest: preparedName(number, attempt),
        digest,
        attempt,
      }
      // Once more before it can be committed: who had no access to the transactions saw no prepared manifest until now.
      const newest = await this.#lastNumber()
      if (newest < number) return pointer
      await this.removePrepared(pointer.manifest)
      throw lostOwnership(path, `checkpoint ${number - 1} to be the newest`, `checkpoint ${newest}`)
    })
  }

  async publish(pointer: CommitPointer): Promise<Manifest> {
    const publishing = (): Promise<Manifest> => publishPrepared(this.path, this.#folder, pointer)
    return this.#committed(await withIoErrors('publishing a checkpoint', this.path, publishing))
  }

  async prepared(): Promise<readonly PreparedName[]> {
    return withIoErrors('listing the checkpoints', this.path, () => preparedIn(this.path, this.#folder))
  }

  async removePrepared(name: string): Promise<void> {
    await removeFile(join(this.path, this.#folder, name))
  }

  async latestNumber(): Promise<number> {
    const read = (): Promise<number> => this.#lastNumber()
    this.#newestNumber = await withIoErrors('listing the checkpoints', this.path, read)
    return this.#newestNumber
  }

  async #lastNumber(): Promise<number> {
    return (
      (await manifestNumbers(this.path, this.#folder)).at(-1) ?? (await readFloor(this.path, this.#folder))
    )
  }

  #refuseNumber(number: number): void {
    const next = this.#newestNumber + 1
    if (number === next) return
    const [expected, found] = [`checkpoint ${next}`, String(number)]
    throw internal({ code: 'bad-number', thing: this.path, expected, found })
  }

  async #committed(manifest: Manifest): Promise<Manifest> {
    const name = numberedManifest(manifest.number, this.#folder)
    if (this.chain !== null) await refuseSpentGeneration(this.path, name, this.chain)
    this.#newestNumber = Math.max(manifest.number, this.#newestNumber)
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
