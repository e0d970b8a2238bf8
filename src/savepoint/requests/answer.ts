/**
 * Asks the owner of a store for something and waits for its answer: a manifest that names the request. The asker looks
 * at the store again and again; a notice of the file system spares it the wait.
 */
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { ChangeNotice } from '../../source/file-log/change-notice.ts'
import { thisProcess } from '../../source/file-log/process-identity.ts'
import { chainFolder } from '../chains/chain-names.ts'
import { withIoErrors } from '../io-errors.ts'
import { manifestNumbers, manifestsFolder, numberedManifest } from '../manifest-names.ts'
import type { Manifest } from '../manifest.ts'
import { openManifestFile, openSavepoint } from '../open.ts'
import { present, type Presence } from '../presence.ts'
import { readManifest } from '../read-manifest.ts'
import type { Savepoint } from '../savepoint.ts'
import { leaveRequest, removeRequest, type RequestKind, type StoreRequest } from './requests.ts'
import { notRunning, noAnswer, notAStore, otherOwner, ownerGone } from './unanswered.ts'

/** How to ask. */
export interface Asking {
  /** The folder of checkpoints. */
  readonly store: string
  readonly kind: RequestKind
  readonly timeoutMs: number
  readonly signal: AbortSignal | null
  readonly clock: Clock
  /** Told when an owner is asked, and at each checkpoint that it commits before the one that answers. */
  readonly onWaiting: (owner: Presence, newest: number) => void
}

/** An answer, and who gave it: one owner, or those of several tasks. */
export interface Answer {
  /** Of several tasks the union of their newest, each at or after its answer. */
  readonly savepoint: Savepoint
  readonly owners: readonly Presence[]
}

const pollMs = 250

/**
 * Asks, and waits. However it ends, nothing is asked any more when it returns. Errors: `invalid`, codes `not-a-store` and
 * `not-running`; `unavailable`, codes `owner-gone` and `no-answer`; `conflict`, code `other-owner`; the signal's reason.
 */
export async function answered(asking: Asking): Promise<Answer> {
  const { store, clock, signal } = asking
  return withIoErrors('asking the run', store, async () => {
    const ended = new AbortController()
    const signals = signal === null ? [ended.signal] : [ended.signal, signal]
    const any = AbortSignal.any(signals)
    const notice = new ChangeNotice([join(store, manifestsFolder)], clock, pollMs, any)
    const asker = new Asker(asking)
    try {
      for (;;) {
        const answer = await asker.look()
        if (answer !== null) return answer
        await notice.wait()
        signal?.throwIfAborted()
      }
    } finally {
      ended.abort()
      notice.close()
      await asker.takeBack()
    }
  })
}

/** Who is asked: the owner of the newest manifest, or the owners of the chains of the newest generation. */
interface Target {
  /** That the request is addressed to. */
  readonly attempt: string
  readonly chains: readonly ChainReader[]
  readonly isUnion: boolean
}

class Asker {
  readonly #asking: Asking
  readonly #endMs: number
  #request: StoreRequest | null = null
  #target: Target | null = null
  /** All who were asked and lived. */
  readonly #asked = new Map<string, Presence>()
  #told = 0

  constructor(asking: Asking) {
    this.#asking = asking
    this.#endMs = asking.clock.monotonicMs() + asking.timeoutMs
  }

  /** One look: the answer, or null when there is none yet. */
  async look(): Promise<Answer | null> {
    const { store, clock } = this.#asking
    // Owners first: one that answers and ends is then found by its manifest.
    const living = (await present(store, clock)).filter(({ role }) => role === 'owner')
    const newest = await newestManifest(store)
    const answer = await this.#answerOf(this.#target, living)
    if (answer !== null) return answer
    if (living.length === 0) {
      const [asked] = this.#asked.values()
      throw asked === undefined ? notRunning(store, newest.number) : ownerGone(store, asked, newest.number)
    }
    if (clock.monotonicMs() >= this.#endMs)
      throw noAnswer(store, [...this.#asked.values()][0] ?? living[0]!, this.#asking.timeoutMs)
    await this.#ask(newest, living)
    return null
  }

  async takeBack(): Promise<void> {
    if (this.#request !== null)
      await removeRequest(this.#asking.store, this.#request.id).catch(() => undefined)
    this.#request = null
  }

  /** Once all have answered who live; one of several tasks that is not at work has said its last word. */
  async #answerOf(target: Target | null, living: readonly Presence[]): Promise<Answer | null> {
    if (target === null || this.#request === null) return null
    const { id } = this.#request
    for (const chain of target.chains) await chain.readOn(id)
    const isWaitedFor = (chain: ChainReader): boolean =>
      chain.answer === null && living.some(owner => owner.id === chain.attempt)
    const answers = target.chains.flatMap(({ answer }) => answer ?? [])
    const [first] = answers
    if (first === undefined || target.chains.some(isWaitedFor)) return null
    const owners = [...this.#asked.values()]
    return { savepoint: target.isUnion ? await openSavepoint(this.#asking.store) : first, owners }
  }

  /** Also when it was asked before: an owner that began meanwhile may have removed the request. */
  async #ask(newest: Manifest, living: readonly Presence[]): Promise<void> {
    const { store, kind, clock, onWaiting } = this.#asking
    const target = await this.#targetOf(newest)
    const owners = living.filter(({ id }) => target.chains.some(({ attempt }) => attempt === id))
    const [owner] = owners
    if (owner === undefined) return // somebody is about to begin, or frozen
    if (this.#request !== null && this.#request.attempt !== target.attempt) {
      if (kind === 'stop') throw otherOwner(store, owner)
      await this.takeBack()
    }
    this.#target = target
    for (const each of owners) this.#asked.set(each.id, each)
    const process = thisProcess()
    const { attempt } = target
    this.#request ??= { id: clock.randomId(), kind, attempt, process, createdMs: clock.now() }
    await leaveRequest(store, this.#request)
    const seen = Math.max(...target.chains.map(chain => chain.seen))
    if (seen !== this.#told) onWaiting(owner, seen)
    this.#told = seen
  }

  /** The same as long as the request is for it: what was read of its chains is not read again. */
  async #targetOf(newest: Manifest): Promise<Target> {
    const { store } = this.#asking
    if (this.#target?.attempt === newest.attempt) return this.#target
    const { tasks, attempt, number: generation } = newest
    const folders =
      tasks === undefined
        ? [manifestsFolder]
        : Array.from({ length: tasks.count }, (_, task) => chainFolder({ generation, task }))
    const chains = folders.map(folder => new ChainReader(store, folder))
    for (const chain of chains) await chain.begin()
    return { attempt, chains, isUnion: tasks !== undefined }
  }
}

/** Reads the manifests of one chain as they come: any of them may be the answer. */
class ChainReader {
  readonly #store: string
  readonly #folder: string
  /** Manifests up to this number were looked at. */
  seen = 0
  /** Of the newest that was looked at; empty while there is none. */
  attempt = ''
  answer: Savepoint | null = null

  constructor(store: string, folder: string) {
    this.#store = store
    this.#folder = folder
  }

  /** Looks at the newest. */
  async begin(): Promise<void> {
    this.seen = Math.max(0, ((await manifestNumbers(this.#store, this.#folder)).at(-1) ?? 0) - 1)
    await this.readOn(null)
  }

  async readOn(request: string | null): Promise<void> {
    for (const number of await manifestNumbers(this.#store, this.#folder)) {
      if (number <= this.seen) continue
      const savepoint = await this.#openIfThere(number)
      if (savepoint === null) continue
      this.seen = number
      this.attempt = savepoint.manifest.attempt
      if (request !== null && savepoint.manifest.answers?.includes(request) === true)
        this.answer ??= savepoint
    }
  }

  /** Null when it was retired meanwhile: a newer one says the same. */
  async #openIfThere(number: number): Promise<Savepoint | null> {
    try {
      return await openManifestFile(join(this.#store, numberedManifest(number, this.#folder)))
    } catch (error) {
      if (!(await manifestNumbers(this.#store, this.#folder)).includes(number)) return null
      throw error
    }
  }
}

/** Of the store's own chain. */
async function newestManifest(store: string): Promise<Manifest> {
  for (;;) {
    const newest = (await manifestNumbers(store).catch(() => [])).at(-1)
    if (newest === undefined) throw notAStore(store)
    try {
      return await readManifest(join(store, numberedManifest(newest)))
    } catch (error) {
      if ((await manifestNumbers(store)).at(-1) === newest) throw error // else it was retired, and there are newer ones
    }
  }
}
