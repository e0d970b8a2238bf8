/**
 * A store of checkpoints with everybody who may be at it, and beside it a naive model: which checkpoints there are, what
 * each holds, who owns the store. Every step is done to both, and then they are compared.
 */
import { mkdirSync } from 'node:fs'
import { readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock, type Clock } from '../../src/clock.ts'
import { HeadwaterError } from '../../src/errors.ts'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { compact } from '../../src/savepoint/compact.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { manifestNumbers, numberedManifest } from '../../src/savepoint/manifest-names.ts'
import { allSegments } from '../../src/savepoint/manifest-rules.ts'
import { openManifestFile, openSavepoint } from '../../src/savepoint/open.ts'
import { pin } from '../../src/savepoint/pinned.ts'
import { Retention } from '../../src/savepoint/retention.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { arm, disarm } from '../../tools/torture/faulty-fs.mjs'
import {
  commitLayers,
  holds,
  mergeLayers,
  policies,
  writeLayer,
  type Actor,
  type Content,
  type Known,
  type Policy,
  type Reader,
} from './store-actor.ts'

/** One step. Numbers choose among what there is; `dieAt`: the process is killed at that file-system call, if it comes so far. */
export interface Step {
  readonly does:
    | 'start'
    | 'write'
    | 'commit'
    | 'merge'
    | 'retain'
    | 'clean'
    | 'exit'
    | 'vanish'
    | 'gc'
    | 'compact'
    | 'pin'
    | 'unpin'
    | 'kill reader'
    | 'wait'
  /** Who does it: a former owner who lives still, or the owner. */
  readonly isFormer: boolean
  readonly who: number
  readonly n: number
  readonly dieAt: number | null
}

/** A process number that no system gives out. */
const nobody = '4194305'

export class StoreWorld {
  readonly #root: string
  readonly #backup: string
  #nowMs = 1000
  #backups = 0
  readonly #clock: Clock = { ...systemClock, now: () => this.#nowMs }
  /** The model: what there is, by number, and the highest number that was ever given. */
  readonly #checkpoints = new Map<number, Known>()
  #spent = 0
  #owner: Actor | null = null
  /** All who live: the owner and those who do not know yet that they are none. */
  readonly #actors: Actor[] = []
  readonly #readers: Reader[] = []
  /** How often each thing happened, so that a test can see that it does. */
  readonly happened = new Map<string, number>()

  constructor(root: string) {
    this.#root = join(root, 'store')
    this.#backup = join(root, 'backup')
  }

  async do(step: Step): Promise<void> {
    const formers = this.#actors.filter(actor => actor !== this.#owner)
    const actor = step.isFormer ? formers[step.who % Math.max(1, formers.length)] : this.#owner
    const reader = this.#readers[step.who % Math.max(1, this.#readers.length)]
    if (step.does === 'start') await this.#start(step)
    else if (this.#spent === 0) return
    else if (step.does === 'gc') await this.#gc(step)
    else if (step.does === 'compact') await this.#compact(step)
    else if (step.does === 'pin') await this.#pin(step)
    else if (step.does === 'unpin' && reader) await this.#unpin(reader)
    else if (step.does === 'kill reader' && reader) await this.#killReader(reader)
    else if (step.does === 'wait') this.#nowMs += 10
    else if (actor) await this.#act(actor, step)
    await this.#compare()
  }

  /** Everybody dies; then a collection leaves what the checkpoints name, and nothing else. */
  async end(): Promise<void> {
    if (this.#spent === 0) return
    await this.#bury(() => true)
    this.#readers.splice(0)
    await gc(this.#root, { clock: this.#clock })
    await this.#compare()
    const named = [...this.#checkpoints.values()].flatMap(({ files }) => files)
    expect(await readdir(join(this.#root, 'segments'))).to.have.members([...new Set(named)])
    expect(await readdir(join(this.#root, 'alive'))).to.deep.equal([])
    const others = (await readdir(join(this.#root, 'manifests'))).filter(name => !/^\d{8}\.json$/.test(name))
    expect(others.filter(name => !/^\d{8}\.floor$/.test(name))).to.deep.equal([])
    expect(others.length).to.be.at.most(2)
    expect((await verifySavepoint(this.#root)).findings).to.deep.equal([])
  }

  async #start(step: Step): Promise<void> {
    const isFirst = this.#spent === 0
    const content = this.#checkpoints.get(Math.max(...this.#checkpoints.keys()))?.content ?? new Map()
    const begun = async (): Promise<Actor> => {
      const store = await openStore(this.#root, this.#clock)
      const newest = await store.newest()
      const layers = newest?.manifest.operators[0]?.states[0]?.layers ?? []
      const policy = policies[step.n % policies.length]!
      const retention = new Retention(this.#root, policy, this.#clock)
      const actor = { store, retention, policy, layers, content }
      await commitLayers(actor, 'start', this.#nowMs)
      return actor
    }
    const actor = await this.#mayDie(isFirst ? null : step.dieAt, begun)
    if (actor !== null) this.#actors.push((this.#owner = actor))
    await this.#committed(content, actor)
  }

  async #act(actor: Actor, step: Step): Promise<void> {
    const isOwner = actor === this.#owner
    this.#count(`${step.does} of ${isOwner ? 'the owner' : 'a former owner'}`)
    if (step.does === 'vanish') return this.#die(actor)
    if (step.does === 'exit') {
      await actor.store.close()
      return this.#remove(actor)
    }
    const result = await this.#mayDie(step.dieAt, () => this.#deed(actor, step).then(failed => ({ failed })))
    if (result === null) await this.#die(actor)
    const { failed = null } = result ?? {}
    if (isOwner) expect(failed, step.does).to.equal(null)
    else if (result !== null && step.does === 'commit') expect(failed).to.equal('conflict lost-ownership')
    else expect(failed).to.be.oneOf([null, 'conflict lost-ownership', 'data missing-segment'])
    if (step.does === 'commit' && isOwner) await this.#committed(actor.content, result && actor)
    if (step.does === 'retain') await this.#retired(actor.policy, result === null)
  }

  /** Null, or how it failed. */
  async #deed(actor: Actor, { does, n }: Step): Promise<string | null> {
    try {
      if (does === 'write') await writeLayer(actor, n)
      if (does === 'commit') await commitLayers(actor, 'checkpoint', this.#nowMs)
      if (does === 'merge') await mergeLayers(actor, n)
      if (does === 'retain') await actor.retention.apply()
      if (does === 'clean') await actor.store.removeLeftovers()
      return null
    } catch (error) {
      if (error instanceof HeadwaterError) return `${error.kind} ${error.code}`
      throw error
    }
  }

  async #gc(step: Step): Promise<void> {
    const policy = [...policies, null][step.n % 4]!
    const done = await this.#mayDie(step.dieAt, () => gc(this.#root, { ...policy, clock: this.#clock }))
    if (done !== null) expect(done.ownerAlive).to.equal(this.#actors.length > 0)
    await this.#retired(policy ?? { keep: Infinity, keepForMs: 0 }, done === null)
  }

  async #compact(step: Step): Promise<void> {
    const { content } = this.#checkpoints.get(Math.max(...this.#checkpoints.keys()))!
    const done = await this.#mayDie(step.dieAt, () =>
      compact(this.#root, { clock: this.#clock }).then(
        ({ changed }) => (changed ? 'changed' : 'folded'),
        (error: unknown) => {
          if (error instanceof HeadwaterError) return error.code
          throw error
        },
      ),
    )
    if (done !== null) this.#count(`compact: ${done}`)
    if (this.#actors.length > 0) expect(done).to.be.oneOf([null, 'owner-alive', 'folded'])
    else expect(done).to.be.oneOf([null, 'changed', 'folded'])
    if (done === 'changed' || done === null) await this.#committed(content, null)
  }

  async #pin(step: Step): Promise<void> {
    const numbers = [...this.#checkpoints.keys()]
    const number = numbers[step.n % numbers.length]!
    const isNewest = number === Math.max(...numbers)
    const path = isNewest ? this.#root : join(this.#root, numberedManifest(number))
    const before = await this.#alive()
    const given = step.who % 2 === 0 ? path : await openSavepoint(path)
    const pinned = await pin(given, this.#clock)
    const [file] = (await this.#alive()).filter(name => !before.includes(name))
    this.#readers.push({ pinned, content: this.#checkpoints.get(number)!.content, file: file! })
  }

  async #unpin(reader: Reader): Promise<void> {
    await reader.pinned.release()
    this.#readers.splice(this.#readers.indexOf(reader), 1)
  }

  async #killReader(reader: Reader): Promise<void> {
    await this.#bury(name => name === reader.file)
    this.#readers.splice(this.#readers.indexOf(reader), 1)
  }

  /** Null when it was killed on the way. */
  async #mayDie<T>(at: number | null, work: () => Promise<T>): Promise<T | null> {
    if (at === null) return work()
    const backup = join(this.#backup, String(++this.#backups))
    mkdirSync(backup, { recursive: true })
    const before = await this.#alive()
    const watch = arm(this.#root, at, 'kill', backup)
    const working = work().catch((error: unknown) => {
      if (watch.isStopped()) return watch.stopped.then(() => null)
      throw error
    })
    const result = await Promise.race([working, watch.stopped.then(() => null)]).finally(disarm)
    if (!watch.isStopped()) return result
    this.#count('killed')
    await this.#bury(name => !before.includes(name))
    return null
  }

  async #die(actor: Actor): Promise<void> {
    await this.#bury(name => name.endsWith(actor.store.attempt))
    this.#remove(actor)
  }

  #remove(actor: Actor): void {
    this.#actors.splice(this.#actors.indexOf(actor), 1)
    if (actor === this.#owner) this.#owner = null
  }

  async #alive(): Promise<readonly string[]> {
    return readdir(join(this.#root, 'alive')).catch(() => [])
  }

  /** Their files become those of processes that are gone. */
  async #bury(whom: (file: string) => boolean): Promise<void> {
    const alive = join(this.#root, 'alive')
    for (const name of (await this.#alive()).filter(whom))
      await rename(join(alive, name), join(alive, name.replace(`.${process.pid}.`, `.${nobody}.`)))
  }

  /** Somebody committed, or was killed while he did. */
  async #committed(content: Content, actor: Actor | null): Promise<void> {
    const number = (await manifestNumbers(this.#root)).at(-1) ?? 0
    if (actor === null && number <= this.#spent) return // it was killed before
    expect(number).to.equal(this.#spent + 1)
    this.#spent = number
    const { manifest } = await openManifestFile(join(this.#root, numberedManifest(number)))
    const files = allSegments(manifest).flatMap(({ name }) => [`${name}.arrow`, `${name}.index.json`])
    this.#checkpoints.set(number, { createdMs: this.#nowMs, content, files })
    if (actor === null) this.#owner = null
  }

  /** Checkpoints were let go, or some of them by somebody who was killed on the way. */
  async #retired({ keep, keepForMs }: Policy, isPartly: boolean): Promise<void> {
    const numbers = [...this.#checkpoints.keys()].sort((a, b) => b - a)
    let kept = 0
    for (const number of numbers) {
      const { createdMs } = this.#checkpoints.get(number)!
      if (kept >= keep && !(createdMs > this.#nowMs - keepForMs)) break
      kept++
    }
    const there = isPartly ? await manifestNumbers(this.#root) : []
    for (const number of numbers.slice(kept)) if (!there.includes(number)) this.#checkpoints.delete(number)
    this.#count('retired', numbers.length - kept)
  }

  /** The store is what the model says. */
  async #compare(): Promise<void> {
    if (this.#spent === 0) return
    expect(await manifestNumbers(this.#root)).to.deep.equal([...this.#checkpoints.keys()])
    const segments = new Set(await readdir(join(this.#root, 'segments')))
    for (const [number, { files }] of this.#checkpoints)
      for (const file of files) expect(segments.has(file), `${file} of checkpoint ${number}`).to.equal(true)
    const newest = await openSavepoint(this.#root)
    await holds(newest, this.#checkpoints.get(this.#spentOrNewest())!.content)
    for (const { pinned, content } of this.#readers) await holds(pinned.savepoint, content)
  }

  #spentOrNewest(): number {
    return Math.max(...this.#checkpoints.keys())
  }

  #count(what: string, times: number = 1): void {
    this.happened.set(what, (this.happened.get(what) ?? 0) + times)
  }
}
