/**
 * Archives the topic and trims it behind, never past what the job has committed: what neither the archive nor the job has is
 * not the archiver's to delete. Archives are killed too, and go on where they were.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { Chance } from './chance.ts'
import { endText, startChild } from './child.ts'
import { inputAddress, type World } from './world.ts'

export type Ends = ReadonlyMap<number, number>

export class Archiver {
  readonly #world: World
  readonly #chance: Chance
  #archived: Ends = new Map()

  constructor(world: World, chance: Chance) {
    this.#world = world
    this.#chance = chance
  }

  /** By partition, the first offset that the archive does not have. */
  get archived(): Ends {
    return this.#archived
  }

  /** One run; true where it was not killed and went well. */
  async archive(killAfterMs = Infinity): Promise<boolean> {
    const { log, job, history, said } = this.#world
    const args = ['archive', '--log', inputAddress(this.#world), '--to', history, '--job', job]
    const child = startChild('archive', args, said)
    const timer = Number.isFinite(killAfterMs) ? setTimeout(() => child.signal('SIGKILL'), killAfterMs) : null
    const ended = await child.ended
    clearTimeout(timer ?? undefined)
    log.note(`archives: ${endText(ended)}`)
    if (ended.code !== 0) {
      const isFine = ended.signal === 'SIGKILL' || ended.error?.kind === 'unavailable'
      if (!isFine) log.fail(`archive ended with ${endText(ended)}: ${ended.error?.message ?? 'see said.log'}`)
      return false
    }
    this.#archived = nextOf(ended.stdout)
    return true
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
    const { log } = this.#world
    while (!isOver()) {
      const killed = this.#chance.is(0.3) ? this.#chance.between(200, 4000) : Infinity
      if ((await this.archive(killed)) && this.#chance.is(0.7) && !isOver()) {
        // A broker that is away answers no trim.
        await this.trim(await committedPositions(this.#world)).catch((error: unknown) =>
          log.note('trims that failed', String(error)),
        )
      }
      await sleep(this.#chance.between(1000, 5000))
    }
  }
}

/** Where the job would go on from its newest checkpoint; none before it has one. */
export async function committedPositions({ checkpoints }: World): Promise<Ends> {
  const found = await openSavepoint(checkpoints).catch(() => null)
  const source = found?.manifest.sources.find(({ name }) => name === 'numbers')
  return new Map(source?.partitions.map(({ partition, next }) => [partition, next ?? 0]))
}

function nextOf(stdout: string): Ends {
  const lines = stdout.trim().split('\n')
  const { next } = JSON.parse(lines.at(-1)!) as { readonly next: Readonly<Record<string, number>> }
  return new Map(Object.entries(next).map(([partition, offset]) => [Number(partition), offset]))
}
