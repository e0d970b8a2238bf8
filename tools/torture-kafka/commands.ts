/** Commands that people run on the folder of a job that is at work. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Chance } from './chance.ts'
import { endText, startChild, type Ended } from './child.ts'
import type { World } from './world.ts'

const weights = { savepoint: 2, verify: 2, gc: 3, compact: 2, show: 1 } as const

/** What a command may end with beside success: the run that it asked died, or is at work. */
const mayEnd: Readonly<Record<keyof typeof weights, readonly string[]>> = {
  savepoint: ['conflict', 'unavailable'],
  verify: [],
  gc: ['conflict'],
  compact: ['conflict', 'unavailable'],
  show: [],
}

/** One after the other until `isOver`. */
export async function keepCommanding(world: World, chance: Chance, isOver: () => boolean): Promise<void> {
  const { checkpoints, folder, log, said, output, broker } = world
  // With the sink it may end what killed tasks left, without it is refused that.
  const settling = output === null ? [] : ['--sink', `kafka://${broker.addresses.plaintext}/${output}`]
  let number = 0
  const run = async (name: keyof typeof weights, ...args: readonly string[]): Promise<Ended> => {
    const child = startChild(name, [name, ...args], said)
    // Whoever runs commands presses Ctrl-C, or worse.
    const timer = chance.is(0.1)
      ? setTimeout(() => child.signal('SIGKILL'), chance.between(0, 3000))
      : undefined
    const ended = await child.ended
    clearTimeout(timer)
    log.note(`${name}: ${endText(ended)}`, ended.error?.message ?? '')
    const isFine = ended.code === 0 || ended.signal === 'SIGKILL' || ended.error?.code === 'not-running'
    if (!isFine && !mayEnd[name].includes(ended.error?.kind ?? ''))
      log.fail(`${name} ${args.join(' ')} ended with ${endText(ended)}: ${ended.error?.message ?? ''}`)
    return ended
  }
  while (!isOver()) {
    await chance.pause(1000, 6000)
    if (isOver()) return
    const name = chance.weighted<keyof typeof weights>(weights)
    if (name === 'gc') await run('gc', checkpoints, '--keep', chance.of(['1', '2', '5']))
    else if (name === 'compact') await run('compact', checkpoints, ...(chance.is(0.5) ? settling : []))
    else if (name === 'savepoint') {
      const into = join(folder, `savepoint-${++number}`)
      const { code } = await run('savepoint', checkpoints, '--into', into, '--timeout', '60s')
      if (code === 0) await run('verify', into)
      rmSync(into, { recursive: true, force: true })
    } else await run(name, checkpoints)
  }
}
