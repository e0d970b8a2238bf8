/**
 * Which checkpoints a store keeps: the newest ones and the young ones. All others go, and with them the segments that
 * nobody else names.
 *
 * T1. The floor is raised, durably, before a manifest is removed, and manifests are gone before a segment is.
 * T2. The newest checkpoint is always kept, and nothing is removed while a kept manifest can't be read.
 * T3. What is kept is an unbroken row up to the newest: the floor says it all.
 * T4. What can't go yet, since a reader has pinned it or the system refuses, is tried again every time.
 */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { hasCode, hasErrno, invalid } from '../errors.ts'
import { chainFolder, chainsIn, type Chain } from './chains/chain-names.ts'
import { removeFile, syncFolder } from './durable.ts'
import { raiseFloor } from './floor.ts'
import { withIoErrors } from './io-errors.ts'
import { floorOf, manifestNumbers, manifestsFolder, numberedManifest, numbersIn } from './manifest-names.ts'
import type { Manifest } from './manifest.ts'
import { allSegments } from './manifest-rules.ts'
import { pinnedSegments } from './presence.ts'
import { readManifest } from './read-manifest.ts'
import { preparedManifests } from './waiting.ts'
import { segmentsFolder } from './write-folder.ts'

/** What to keep: a checkpoint stays while either says so. */
export interface RetentionPolicy {
  /** So many of the newest; at least 1. */
  readonly keep: number
  /** Those younger than this, milliseconds. */
  readonly keepForMs: number
}

/** What a live run keeps unless told otherwise. */
export const defaultRetention: RetentionPolicy = { keep: 3, keepForMs: 3_600_000 }

/** What was removed, or would be. */
export interface Retired {
  /** Numbers of checkpoints, ascending. */
  readonly checkpoints: readonly number[]
  /** Relative to the store. */
  readonly files: readonly string[]
}

/** Times that the checkpoints are looked at while others remove some. */
const mostTries = 10

interface Known {
  readonly createdMs: number
  readonly files: readonly string[]
}

/** The retention of one store; it remembers the manifests that it read, which never change. */
export class Retention {
  readonly #folder: string
  readonly #policy: RetentionPolicy
  readonly #clock: Clock
  /** Of a task; null for the store's own chain. */
  readonly #chain: Chain | null
  readonly #manifests: string
  readonly #known = new Map<string, Known>()
  /** Names of those that one removal looked at: all others are gone, and are forgotten. */
  #seen = new Set<string>()
  /** T4: what manifests named that are gone. */
  readonly #left = new Set<string>()

  /** `chain`: of a task, which then is all that is retired. Errors: `invalid`, code `bad-option`. */
  constructor(folder: string, policy: RetentionPolicy, clock: Clock, chain: Chain | null = null) {
    checkRetention(policy)
    this.#folder = folder
    this.#policy = policy
    this.#clock = clock
    this.#chain = chain
    this.#manifests = chain === null ? manifestsFolder : chainFolder(chain)
  }

  /** How many manifests it remembers: no more than there were when it last removed some. */
  get remembered(): number {
    return this.#known.size
  }

  /**
   * Removes what is not kept. Errors: `data` when a manifest can't be read (T2); `unavailable`, when all was tried and
   * something could not be removed: it is tried again the next time.
   */
  async apply(dryRun: boolean = false): Promise<Retired> {
    return withIoErrors('removing old checkpoints', this.#folder, async () => {
      this.#seen = new Set()
      const { waiting } = await preparedManifests(this.#folder) // they may be committed, so they keep what they name
      const { kept, retired, floor } = await this.#divided()
      const chains = this.#chain === null ? await chainsIn(this.#folder) : []
      const spent = chains.filter(({ generation }) => generation <= (retired.at(-1) ?? floor))
      if (retired.length + spent.length === 0 && this.#left.size === 0) return { checkpoints: [], files: [] }
      const named = await this.#namedBy(retired, floor, spent)
      if (!dryRun) {
        await this.#removeManifests(retired)
        for (const chain of spent) await removeChain(this.#folder, chain)
        for (const file of named) this.#left.add(file)
      }
      const others = await this.#namedByOthers(spent)
      this.#forgetGone()
      const needed = new Set([...[...kept, ...waiting.map(knownOf)].flatMap(({ files }) => files), ...others])
      const pinned = await pinnedSegments(this.#folder, this.#clock)
      const free = [...named, ...this.#left].filter(file => !needed.has(file) && !isPinned(file, pinned))
      const files = [...new Set(free)]
      if (!dryRun) await this.#removeFiles(files, needed)
      return {
        checkpoints: retired,
        files: [...retired.map(number => numberedManifest(number, this.#manifests)), ...files],
      }
    })
  }

  /** All checkpoints that there are. Another collector may remove some while they are looked at; then once more. */
  async #divided(): Promise<{
    readonly kept: readonly Known[]
    readonly retired: readonly number[]
    readonly floor: number
  }> {
    for (let tries = 1; ; tries++) {
      const names = await readdir(join(this.#folder, this.#manifests))
      const [floor, numbers] = [floorOf(names), numbersIn(names)]
      try {
        const kept = await this.#kept(numbers.filter(number => number > floor))
        return { kept, retired: numbers.slice(0, numbers.length - kept.length), floor }
      } catch (error) {
        if (!isGone(error) || tries === mostTries) throw error
      }
    }
  }

  /** The kept among the numbers, ascending as they are. */
  async #kept(numbers: readonly number[]): Promise<readonly Known[]> {
    const { keep, keepForMs } = this.#policy
    const since = this.#clock.now() - keepForMs
    const kept: Known[] = []
    for (const number of numbers.toReversed()) {
      const known = await this.#read(number)
      if (kept.length >= keep && !(known.createdMs > since)) break
      kept.unshift(known)
    }
    return kept
  }

  /** What is below the floor already may be anything; it is not read with suspicion, but not trusted either. */
  async #namedBy(
    retired: readonly number[],
    floor: number,
    spent: readonly Chain[],
  ): Promise<ReadonlySet<string>> {
    const files = new Set<string>()
    const add = async (number: number, manifests: string, isSpent: boolean): Promise<void> => {
      const known = await this.#read(number, manifests).catch((error: unknown) => {
        if (isSpent || isGone(error)) return null // another collector removes what it named
        throw error
      })
      for (const file of known?.files ?? []) files.add(file)
    }
    for (const number of retired) await add(number, this.#manifests, number <= floor)
    for (const chain of spent) {
      const manifests = chainFolder(chain)
      for (const number of await manifestNumbers(this.#folder, manifests)) await add(number, manifests, true)
    }
    return files
  }

  /** All other chains of the store: segments below the layers of tasks are shared. Nothing where there are no tasks. */
  async #namedByOthers(spent: readonly Chain[]): Promise<readonly string[]> {
    const isSpent = (chain: Chain): boolean => spent.some(each => chainFolder(each) === chainFolder(chain))
    const chains = (await chainsIn(this.#folder)).filter(chain => !isSpent(chain)).map(chainFolder)
    const all = this.#chain === null ? chains : [manifestsFolder, ...chains]
    const files: string[] = []
    for (const manifests of all.filter(each => each !== this.#manifests)) {
      for (const number of await manifestNumbers(this.#folder, manifests)) {
        const known = await this.#read(number, manifests).catch((error: unknown) => {
          if (isGone(error)) return null
          throw error
        })
        files.push(...(known?.files ?? []))
      }
    }
    return files
  }

  /** Those that others let go: tasks read each other's, and each would remember all of them for ever. */
  #forgetGone(): void {
    for (const name of this.#known.keys()) if (!this.#seen.has(name)) this.#known.delete(name)
  }

  async #removeManifests(retired: readonly number[]): Promise<void> {
    const highest = retired.at(-1)
    if (highest === undefined) return
    await raiseFloor(this.#folder, highest, this.#manifests)
    for (const number of retired) {
      const name = numberedManifest(number, this.#manifests)
      await removeFile(join(this.#folder, name))
      this.#known.delete(name)
    }
    await syncFolder(join(this.#folder, this.#manifests))
  }

  /** T4 */
  async #removeFiles(files: readonly string[], needed: ReadonlySet<string>): Promise<void> {
    let failure: { readonly error: unknown } | null = null
    for (const file of files) {
      try {
        await removeFile(join(this.#folder, file))
        this.#left.delete(file)
      } catch (error) {
        failure ??= { error }
      }
    }
    for (const file of this.#left) if (needed.has(file)) this.#left.delete(file) // until its last manifest goes
    if (failure !== null) throw failure.error
  }

  async #read(number: number, manifests: string = this.#manifests): Promise<Known> {
    const name = numberedManifest(number, manifests)
    this.#seen.add(name)
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const read = knownOf(await readManifest(join(this.#folder, name)))
    this.#known.set(name, read)
    return read
  }
}

function knownOf(manifest: Manifest): Known {
  const files = allSegments(manifest).flatMap(segment => filesOfSegment(segment.name))
  return { createdMs: manifest.createdMs, files }
}

/** Of a generation that is below the floor: nobody can commit there any more. */
async function removeChain(store: string, chain: Chain): Promise<void> {
  await rm(join(store, chainFolder(chain)), { recursive: true, force: true })
}

/** Another collector removed the manifest. */
function isGone(error: unknown): boolean {
  return hasCode(error, 'no-such-file')
}

/** Errors: `invalid`, code `bad-option`. */
export function checkRetention({ keep, keepForMs }: RetentionPolicy): void {
  const bad = (thing: string, expected: string, found: number): Error =>
    invalid({ code: 'bad-option', thing, expected, found: String(found) })
  if (!(keep >= 1)) throw bad('keep', '1 or more checkpoints', keep)
  if (!(keepForMs >= 0)) throw bad('keepForMs', '0 or more milliseconds', keepForMs)
}

/** Both files of a segment, relative to the folder. */
export function filesOfSegment(name: string): readonly [string, string] {
  return [`${segmentsFolder}/${name}.arrow`, `${segmentsFolder}/${name}.index.json`]
}

/** Whether a reader may read a file. */
export function isPinned(file: string, pinned: ReadonlySet<string> | null): boolean {
  return (
    pinned === null || pinned.has(file.replace(/^segments\//, '').replace(/\.(?:arrow|index\.json)$/, ''))
  )
}

/** The size of files that are there. */
export async function bytesOf(folder: string, files: readonly string[]): Promise<number> {
  let bytes = 0
  for (const file of files) {
    bytes += await stat(join(folder, file)).then(
      ({ size }) => size,
      (error: unknown) => {
        if (hasErrno(error, 'ENOENT')) return 0
        throw error
      },
    )
  }
  return bytes
}
