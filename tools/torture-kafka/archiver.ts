/**
 * Archives the topic and trims it behind, never past what the job has committed: what neither the archive nor the job has is
 * not the archiver's to delete. Archives are killed too, and go on where they were.
 */
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { Chance } from './chance.ts'
import { endText, startChild, type Child, type Ended } from './child.ts'
import { inputAddress, type World } from './world.ts'

export type Ends = ReadonlyMap<number, number>

export class Archiver {
  readonly #world: World
  readonly #chance: Chance
  readonly #archived = new Map<number, number>()

  constructor(world: World, chance: Chance) {
    this.#world = world
    this.#chance = chance
  }

  /** By partition, the first offset that the archive does not have. */
  get archived(): Ends {
    return this.#archived
  }

  /** What is there, once; false where it was killed or could not. */
  async archive(killAfterMs = Infinity): Promise<boolean> {
    const child = this.#start([])
    const timer = Number.isFinite(killAfterMs)
      ? setTimeout(() => child.signal('SIGKILL'), killAfterMs)
      : undefined
    const ended = await child.ended
    clearTimeout(timer)
    return this.#judge('archives', ended)
  }

  /** Trims each partition to below `keep`, and below what is archived. */
  async trim(keep: Ends): Promise<void> {
    const { broker, input, log } = this.#world
    for (const [partition, archived] of this.#archived) {
      const earliest = Math.min(archived, keep.get(partition) ?? 0)
      if (earliest === 0) continue
      await broker.admin.trim(input, partition, earliest)
      log.note('trims', `partition ${partition} to ${earliest}`)
    }
  }

  /** Until `isOver`. */
  async keep(isOver: () => boolean): Promise<void> {
    await Promise.all([this.#keepArchiving(isOver), this.#keepTrimming(isOver)])
  }

  async #keepArchiving(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (this.#chance.is(0.6)) await this.#follow(isOver)
      else await this.archive(this.#chance.is(0.3) ? this.#chance.between(200, 4000) : Infinity)
      await this.#chance.pause(500, 3000)
    }
  }

  /** `--follow` for a while; frozen now and then, while another archiver tries. */
  async #follow(isOver: () => boolean): Promise<void> {
    const chance = this.#chance
    const child = this.#start(['--follow', '--roll-every', chance.of(['500ms', '2s', '5s'])])
    const until = performance.now() + chance.between(3000, 30_000)
    while (!isOver() && performance.now() < until) {
      await chance.pause(500, 3000)
      if (!chance.is(0.1)) continue
      child.signal('SIGSTOP')
      this.#world.log.note('archives frozen', child.name)
      if (chance.is(0.5)) this.#judge('archives beside one that is frozen', await this.#start([]).ended)
      await chance.pause(0, 4000)
      child.signal('SIGCONT')
    }
    child.signal(chance.is(0.4) ? 'SIGKILL' : 'SIGTERM')
    this.#judge('archives that follow', await child.ended)
  }

  async #keepTrimming(isOver: () => boolean): Promise<void> {
    const { log } = this.#world
    while (!isOver()) {
      await this.#chance.pause(1000, 8000)
      if (isOver()) return
      // A broker that is away answers no trim.
      await this.trim(await committedPositions(this.#world)).catch((error: unknown) =>
        log.note('trims that failed', String(error)),
      )
    }
  }

  #start(options: readonly string[]): Child {
    const { job, history, said } = this.#world
    const args = ['archive', '--log', inputAddress(this.#world), '--to', history, '--job', job, ...options]
    return startChild(`archive ${options.join(' ')}`, args, said, { onLine: line => this.#hear(line) })
  }

  /** Lines of files that are there for good, and of the report at the end. */
  #hear(line: string): void {
    const { partition, next } = JSON.parse(line) as {
      readonly partition?: number
      readonly next: number | Readonly<Record<string, number>>
    }
    const ends = typeof next === 'number' ? { [partition!]: next } : next
    for (const [each, end] of Object.entries(ends))
      this.#archived.set(Number(each), Math.max(end, this.#archived.get(Number(each)) ?? 0))
  }

  #judge(what: string, ended: Ended): boolean {
    const { log } = this.#world
    log.note(`${what}: ${endText(ended)}`)
    // A process that has hardly begun knows no SIGTERM yet, and is ended by it.
    const isFine = ended.code === 0 || ended.signal !== null
    if (!isFine && !['unavailable', 'conflict'].includes(ended.error?.kind ?? ''))
      log.fail(`archive ended with ${endText(ended)}: ${ended.error?.message ?? 'see said.log'}`)
    return ended.code === 0
  }
}

/** Where the job would go on from its newest checkpoint; none before it has one. */
export async function committedPositions({ checkpoints }: World): Promise<Ends> {
  const found = await openSavepoint(checkpoints).catch(() => null)
  const source = found?.manifest.sources.find(({ name }) => name === 'numbers')
  return new Map(source?.partitions.map(({ partition, next }) => [partition, next ?? 0]))
}
