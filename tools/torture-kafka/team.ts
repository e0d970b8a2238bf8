/**
 * The tasks of the job as child processes. Whoever ends is started again, as an operator of a cluster would; each end is held
 * against what may happen.
 *
 * I1. A slot is one of the N; it has one child at a time that it knows of. A child that was frozen or that others were
 *     started over has left its slot and is a *former*: it may do what it likes, and must end by itself.
 * I2. A slot that was retired starts nothing more.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from './chance.ts'
import { endText, type Ended } from './child.ts'
import { startRun, type Break, type Share, type Started } from './run-command.ts'
import type { World } from './world.ts'

/** How long a former owner may take to notice: it meets a broker that is away on its way. */
const formerEndsWithinMs = 180_000

class Slot {
  readonly share: Share
  child: Started | null = null
  isRetired = false
  #leave: (() => void) | null = null

  constructor(share: Share) {
    this.share = share
  }

  /** Ends when the child does, or leaves. */
  async hold(child: Started): Promise<Ended | null> {
    this.child = child
    const left = new Promise<null>(resolve => {
      this.#leave = () => resolve(null)
    })
    const ended = await Promise.race([child.ended, left])
    this.child = null
    return ended
  }

  /** Takes the child out of it; null where there is none. */
  detach(): Started | null {
    const { child } = this
    if (child !== null) this.#leave?.()
    this.child = null
    return child
  }
}

export class Team {
  readonly #world: World
  readonly #chance: Chance
  readonly #formers = new Set<Started>()
  #slots: readonly Slot[] = []
  #loops: Promise<void>[] = []
  /** What the next starts are broken by. */
  broken: Break = 'none'
  /** Partitions came: one task alone has to read the old ones first. */
  mustBeOne = false

  constructor(world: World, chance: Chance) {
    this.#world = world
    this.#chance = chance
  }

  get count(): number {
    return this.#slots.reduce((sum, { share }) => sum + (share.workers ? share.count : 1), 0)
  }

  /** New slots, whatever became of those before: retire them first. */
  start(count: number, workers: boolean): void {
    const shares = workers ? [0] : Array.from({ length: count }, (_, index) => index)
    this.#slots = shares.map(index => new Slot({ index, count, workers: workers && count > 1 }))
    for (const slot of this.#slots) this.#loops.push(this.#keep(slot))
  }

  /** Those that are at work now. */
  children(): readonly Started[] {
    return this.#slots.flatMap(({ child }) => child ?? [])
  }

  /** Takes one child out of its slot, which starts another; null where none is at work. */
  detachOne(): Started | null {
    const able = this.#slots.filter(({ child }) => child !== null)
    return able.length === 0 ? null : this.#chance.of(able).detach()
  }

  /** No slot starts anything any more; who was at work. */
  retire(): readonly Started[] {
    for (const slot of this.#slots) slot.isRetired = true
    const children = this.#slots.flatMap(slot => slot.detach() ?? [])
    this.#slots = []
    return children
  }

  /** A child that has lost its place, or soon will: it must end by itself. */
  expectEnd(child: Started): void {
    this.#formers.add(child)
    const timer = setTimeout(() => {
      if (this.#formers.has(child)) this.#world.log.fail(`${child.name} goes on after it was taken over`)
      child.signal('SIGKILL')
    }, formerEndsWithinMs)
    void child.ended.then(ended => {
      clearTimeout(timer)
      this.#formers.delete(child)
      this.#judge(child, ended, true)
    })
  }

  /** Kills it, and waits until it is gone. */
  async kill(child: Started): Promise<void> {
    child.signal('SIGKILL')
    child.signal('SIGCONT')
    const ended = await child.ended
    this.#world.log.say(`${child.name} killed: ${endText(ended)}`)
  }

  /** Ends it all; formers too. */
  async end(): Promise<void> {
    for (const child of [...this.retire(), ...this.#formers]) {
      this.#formers.delete(child)
      await this.kill(child)
    }
    await Promise.all(this.#loops)
  }

  async #keep(slot: Slot): Promise<void> {
    while (!slot.isRetired) {
      const words = { share: slot.share, untilEnd: false, broken: this.broken }
      const child = startRun(this.#world, words, this.#chance)
      const ended = await slot.hold(child)
      if (ended !== null) this.#judge(child, ended, false)
      await sleep(this.#chance.between(0, 1500))
    }
  }

  #judge({ name, isFarAhead }: Started, ended: Ended, wasFormer: boolean): void {
    const { log } = this.#world
    const how = endText(ended)
    log.note(
      `${wasFormer ? 'former owners' : 'tasks'} ended: ${how}`,
      `${name} ${ended.error?.message ?? ''}`,
    )
    const isGrowth = log.counts.has('partitions added') && growthCodes.has(ended.error?.code ?? '')
    if (isGrowth) this.mustBeOne = true
    const isRefused = isFarAhead && ended.error?.code === 'bad-timestamp'
    if (!mayEnd(ended) && !isGrowth && !isRefused && !(wasFormer && sawOldPlan(ended)))
      log.fail(`${name} ended with ${how}: ${ended.error?.message ?? 'see said.log'}`)
  }
}

/** What several tasks are refused with, or stop with, until one task has read what former partitions hold of other keys. */
const growthCodes = new Set([
  'partition-count-changed',
  'keys-still-moving',
  'misplaced-key',
  'wrong-partitioner',
  'not-partitioned-by-key',
])

/** Frozen behind its positions, in its start or while it read: meanwhile others went on, and the log was trimmed behind them. */
function sawOldPlan({ error }: Ended): boolean {
  return error?.code === 'gap' || (error?.code === 'handoff-refused' && error.message.includes('found gap'))
}

/**
 * Stopped, killed, fenced, or a cluster that was away for too long. Fenced may be whoever has a rival, and rivals may be
 * anywhere: one that was frozen in its start fences its successor when it wakes. Workers that have all stopped fold at their end,
 * unless others are at work by then.
 */
function mayEnd(ended: Ended): boolean {
  const { code, signal, error } = ended
  if (signal !== null) return signal === 'SIGKILL'
  if (code === 0) return true
  return error?.kind === 'unavailable' || ['lost-ownership', 'owner-alive'].includes(error?.code ?? '')
}
