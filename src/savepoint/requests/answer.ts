/**
 * Asks the owner of a store for something and waits for its answer: a manifest that names the request. The asker looks
 * at the store again and again; a notice of the file system spares it the wait.
 */
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { ChangeNotice } from '../../source/file-log/change-notice.ts'
import { thisProcess } from '../../source/file-log/process-identity.ts'
import { withIoErrors } from '../io-errors.ts'
import { manifestNumbers, manifestsFolder, numberedManifest } from '../manifest-names.ts'
import { openManifestFile } from '../open.ts'
import { present, type Presence } from '../presence.ts'
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

/** An answer, and who gave it. */
export interface Answer {
  readonly savepoint: Savepoint
  readonly owner: Presence
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

class Asker {
  readonly #asking: Asking
  readonly #endMs: number
  #request: StoreRequest | null = null
  #owner: Presence | null = null
  /** Manifests up to this number were looked at. */
  #seen = 0

  constructor(asking: Asking) {
    this.#asking = asking
    this.#endMs = asking.clock.monotonicMs() + asking.timeoutMs
  }

  /** One look: the answer, or null when there is none yet. */
  async look(): Promise<Answer | null> {
    const { store, clock, onWaiting } = this.#asking
    // Owners first: one that answers and ends is then found by its manifest.
    const owners = (await present(store, clock)).filter(({ role }) => role === 'owner')
    const newest = await this.#readOn()
    if (newest.answer !== null) return newest.answer
    const owner = owners.find(({ id }) => id === newest.attempt)
    if (owners.length === 0)
      throw this.#owner === null
        ? notRunning(store, newest.number)
        : ownerGone(store, this.#owner, newest.number)
    if (clock.monotonicMs() >= this.#endMs)
      throw noAnswer(store, this.#owner ?? owners[0]!, this.#asking.timeoutMs)
    if (owner !== undefined) await this.#ask(owner)
    if (owner !== undefined && newest.isNew) onWaiting(owner, newest.number)
    return null
  }

  async takeBack(): Promise<void> {
    if (this.#request !== null)
      await removeRequest(this.#asking.store, this.#request.id).catch(() => undefined)
    this.#request = null
  }

  /** Also when it was asked before: an owner that began meanwhile may have removed the request. */
  async #ask(owner: Presence): Promise<void> {
    const { store, kind, clock } = this.#asking
    if (this.#request !== null && this.#request.attempt !== owner.id) {
      if (kind === 'stop') throw otherOwner(store, owner)
      await this.takeBack()
    }
    this.#owner = owner
    this.#request ??= {
      id: clock.randomId(),
      kind,
      attempt: owner.id,
      process: thisProcess(),
      createdMs: clock.now(),
    }
    await leaveRequest(store, this.#request)
  }

  /** Reads the manifests that came since, in their order: any of them may be the answer. */
  async #readOn(): Promise<{
    readonly number: number
    readonly attempt: string
    readonly isNew: boolean
    readonly answer: Answer | null
  }> {
    const { store } = this.#asking
    const numbers = await manifestNumbers(store).catch(() => [])
    const newest = numbers.at(-1)
    if (newest === undefined) throw notAStore(store)
    const from = this.#request === null ? newest - 1 : this.#seen
    const isNew = newest > this.#seen
    let attempt = ''
    for (const number of numbers.filter(each => each > from || each === newest)) {
      const savepoint = await openIfThere(store, number)
      if (savepoint === null) continue
      attempt = savepoint.manifest.attempt
      this.#seen = number
      const isAnswer =
        this.#request !== null && savepoint.manifest.answers?.includes(this.#request.id) === true
      if (isAnswer) return { number, attempt, isNew, answer: { savepoint, owner: this.#owner! } }
    }
    return { number: newest, attempt, isNew, answer: null }
  }
}

/** Null when it was retired meanwhile: a newer one says the same. */
async function openIfThere(store: string, number: number): Promise<Savepoint | null> {
  try {
    return await openManifestFile(join(store, numberedManifest(number)))
  } catch (error) {
    if (!(await manifestNumbers(store)).includes(number)) return null
    throw error
  }
}
