/** A process that was sent SIGSTOP goes on for a moment: its threads stop one after the other, each when it comes to a word. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 5

/** Waits until all of it stands still. */
export async function untilStopped(pid: number): Promise<void> {
  while (!isStopped(pid)) await sleep(pollMs)
}

/** Linux tells it of each thread; elsewhere `ps` tells it of the process. */
function isStopped(pid: number): boolean {
  const threads = `/proc/${pid}/task`
  const states = existsSync(threads)
    ? readdirSync(threads).map(id => stateOf(join(threads, id, 'stat')))
    : [spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()]
  return states.every(state => state.startsWith('T'))
}

/** Behind the name, which may hold anything. A thread that has ended meanwhile stands still. */
function stateOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').split(') ').at(-1) as string
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'T'
    throw error
  }
}
