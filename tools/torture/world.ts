/** The input of the kill tests: a log whose first half is archived as history, and trimmed as far as whole segments go. */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mustRun } from './command.ts'

/** Where everything is. */
export interface World {
  readonly folder: string
  /** `file:DIR`. */
  readonly log: string
  readonly history: string
  readonly job: string
}

/** Makes `orders` orders, half of them history. The same for the same number. */
export async function makeWorld(folder: string, orders: number): Promise<World> {
  const world = {
    folder,
    log: `file:${join(folder, 'log')}`,
    history: join(folder, 'history'),
    job: fileURLToPath(new URL('../../fixtures/jobs/orders.js', import.meta.url)),
  }
  const half = Math.floor(orders / 2)
  await append(world, 0, half)
  await mustRun([
    'archive',
    '--log',
    world.log,
    '--to',
    world.history,
    '--job',
    world.job,
    '--source',
    'orders',
  ])
  await append(world, half, orders)
  return world
}

async function append({ folder, log }: World, from: number, to: number): Promise<void> {
  const file = join(folder, `orders-${from}.ndjson`)
  const lines = Array.from({ length: to - from }, (_, i) => JSON.stringify(order(from + i)))
  await writeFile(file, `${lines.join('\n')}\n`)
  const create = from === 0 ? ['--partitions', '4', '--key', 'customer'] : []
  await mustRun(['log', 'append', log, file, '--roll', ...create])
}

/** The i-th order: pseudo-random, from nothing but i. */
function order(i: number): { customer: string; amount: number; at: number } {
  const hash = createHash('md5').update(String(i)).digest()
  return {
    customer: `c${hash.readUInt16LE(0) % 2000}`,
    amount: hash.readUInt16LE(2) % 1000,
    at: 1_700_000_000_000 + i * 10 - (hash[4] as number),
  }
}
