/** What befalls the broker and the topic. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from './chance.ts'
import type { World } from './world.ts'

/** What may happen, by weight. A restart after a kill takes 12 s, in which the job stands still. */
const weights = { 'kill the broker': 3, 'freeze the broker': 2, 'add a partition': 2 } as const

type Fate = keyof typeof weights

/** Partitions are added at most up to so many. */
const mostPartitions = 7

export interface ClusterFates {
  /** One after the other until `isOver`; the broker runs when it ends. */
  keep(isOver: () => boolean): Promise<void>
}

export function clusterFates(world: World, chance: Chance, growth: boolean): ClusterFates {
  const { broker, log, input } = world
  const grow = async (): Promise<void> => {
    const { partitions } = await broker.admin.describeTopic(input)
    if (partitions.length >= mostPartitions) return
    await broker.admin.addPartitions(input, partitions.length + 1)
    log.note('partitions added', `${input} has ${partitions.length + 1}`)
  }
  const befall = async (fate: Fate): Promise<void> => {
    if (fate === 'kill the broker') {
      await broker.kill()
      log.note('brokers killed (SIGKILL)')
      await chance.pause(0, 4000)
      await broker.restart()
      log.say('the broker is back')
    } else if (fate === 'freeze the broker') {
      await broker.freeze()
      const ms = chance.between(500, 8000)
      log.note('brokers frozen (SIGSTOP)', `${Math.round(ms)} ms`)
      await sleep(ms)
      broker.thaw()
    } else
      await grow().catch((error: unknown) => {
        log.note('partitions added', `perhaps: ${String(error)}`) // a slow broker may have done it
      })
  }
  return {
    keep: async isOver => {
      while (!isOver()) {
        await sleep(chance.between(8000, 25_000))
        if (isOver()) return
        await befall(chance.weighted<Fate>(growth ? weights : { ...weights, 'add a partition': 0 }))
      }
    },
  }
}
