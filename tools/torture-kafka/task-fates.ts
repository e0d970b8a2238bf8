/** What befalls the tasks of the job. */
import { setTimeout as sleep } from 'node:timers/promises'
import { committedPositions, type Ends } from './archiver.ts'
import type { Chance } from './chance.ts'
import { endText, startChild } from './child.ts'
import type { Started } from './run-command.ts'
import type { Team } from './team.ts'
import type { World } from './world.ts'

const weights = {
  'kill one': 4,
  'kill all': 1,
  'freeze one': 4,
  'stop by request': 1,
  'new count': 3,
} as const

type Fate = keyof typeof weights

const mostTasks = 3

export class TaskFates {
  readonly #world: World
  readonly #team: Team
  readonly #chance: Chance

  constructor(world: World, team: Team, chance: Chance) {
    this.#world = world
    this.#team = team
    this.#chance = chance
  }

  /** One after the other until `isOver`. */
  async keep(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#chance.pause(1000, 8000)
      if (isOver()) return
      if (this.#team.mustBeOne && this.#team.count > 1) await this.#becomeOne()
      else await this.#befall(this.#chance.weighted<Fate>(weights))
    }
  }

  async #befall(fate: Fate): Promise<void> {
    const team = this.#team
    switch (fate) {
      case 'kill one': {
        const child = this.#chance.of(team.children())
        if (child === undefined) return
        this.#world.log.note('tasks killed (SIGKILL)', child.name)
        child.signal('SIGKILL')
        return
      }
      case 'kill all':
        for (const child of team.children()) {
          this.#world.log.note('tasks killed (SIGKILL)', child.name)
          child.signal('SIGKILL')
        }
        return
      case 'freeze one': {
        const child = team.detachOne()
        if (child !== null) await this.#freeze([child])
        return
      }
      case 'stop by request':
        return await this.#stop()
      case 'new count':
        return await this.#newCount()
    }
  }

  /** They are woken after their successors have committed, or at any moment. */
  async #freeze(children: readonly Started[]): Promise<void> {
    const { log } = this.#world
    for (const child of children) {
      child.signal('SIGSTOP')
      log.note('tasks frozen (SIGSTOP)', child.name)
    }
    const isPatient = this.#chance.is(0.75)
    if (isPatient) await this.#progress(await committedPositions(this.#world), 60_000)
    await this.#chance.pause(0, 3000)
    for (const child of children) {
      log.note(
        isPatient ? 'woken after a successor took over (SIGCONT)' : 'woken at any moment (SIGCONT)',
        child.name,
      )
      child.signal('SIGCONT')
      this.#team.expectEnd(child)
    }
  }

  /** Waits until the job has committed more in every partition, or for so long. */
  async #progress(since: Ends, mostMs: number): Promise<void> {
    const deadline = performance.now() + mostMs
    const isFurther = (now: Ends): boolean =>
      now.size > 0 && [...now].every(([partition, next]) => next > (since.get(partition) ?? 0))
    while (performance.now() < deadline && !isFurther(await committedPositions(this.#world))) await sleep(250)
  }

  async #stop(): Promise<void> {
    const { checkpoints, said, log } = this.#world
    const child = startChild('stop', ['stop', checkpoints, '--timeout', '60s'], said)
    const ended = await child.ended
    log.note(`stop requests: ${endText(ended)}`, ended.error?.message ?? '')
    const { code = '', kind = '' } = ended.error ?? {}
    const isFine = ended.code === 0 || code === 'not-running' || ['conflict', 'unavailable'].includes(kind)
    if (!isFine) log.fail(`stop ended with ${endText(ended)}: ${ended.error?.message ?? ''}`)
  }

  async #newCount(): Promise<void> {
    const team = this.#team
    const isWorkers = this.#chance.is(0.2)
    const counts = Array.from({ length: mostTasks }, (_, less) => less + 1)
    const count = this.#chance.of(counts.filter(each => each !== team.count))
    const way = this.#chance.of(['stop', 'kill', 'over', 'freeze'] as const)
    const kind = isWorkers && count > 1 ? ' workers' : ' tasks'
    this.#world.log.note('new counts of tasks', `${team.count} to ${count}${kind}, by ${way}`)
    const former = team.retire()
    if (way === 'kill') await Promise.all(former.map(child => team.kill(child)))
    if (way === 'stop') {
      await this.#stop()
      await Promise.all(former.map(child => team.kill(child)))
    }
    if (way === 'freeze') for (const child of former) child.signal('SIGSTOP')
    team.start(count, isWorkers)
    if (way === 'freeze') await this.#freeze(former)
    if (way === 'over') for (const child of former) team.expectEnd(child)
  }

  async #becomeOne(): Promise<void> {
    const team = this.#team
    this.#world.log.note('one task after partitions were added')
    const former = team.retire()
    await Promise.all(former.map(child => team.kill(child)))
    team.start(1, false)
    await this.#progress(await committedPositions(this.#world), 60_000)
    await this.#chance.pause(2000, 10_000)
    team.mustBeOne = false
  }
}
