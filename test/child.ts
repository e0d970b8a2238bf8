/** A TypeScript program as a child process, to be watched and killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { untilStopped } from '../tools/until-stopped.ts'

/** A running child. */
export interface Child {
  /** The next line that it prints; fails when it ends without one. */
  nextLine(): Promise<string>
  /** Kills it and waits until it is gone; returns the lines that it had printed and nobody asked for. */
  kill(): Promise<readonly string[]>
  /** Sends a signal, as SIGSTOP and SIGCONT. */
  signal(name: NodeJS.Signals): void
  /** Waits until a SIGSTOP, of its own too, has stopped all of it: whoever sent one goes on before. */
  stopped(): Promise<void>
  /** Breaks the pipe that it prints to. */
  closeOutput(): void
  /** Waits for its end; null when a signal ended it. */
  exitCode(): Promise<number | null>
}

/** Starts the program with those arguments; its stderr goes to ours. */
export function startChild(program: URL, ...args: readonly string[]): Child {
  return childOf(program, spawn(process.execPath, nodeArguments(program, args), { stdio }))
}

/**
 * As `startChild`, with a disk that is full after `blocks` of 512 bytes a file: the system's limit of a file's size,
 * which ends a write half-way just as a full disk does. Not on Windows.
 */
export function startChildOnFullDisk(blocks: number, program: URL, ...args: readonly string[]): Child {
  const script = `ulimit -f ${blocks}; exec "$@"`
  const command = ['-c', script, 'sh', process.execPath, ...nodeArguments(program, args)]
  const env = { ...process.env, TSX_DISABLE_CACHE: '1' } // which the limit would tear
  return childOf(program, spawn('sh', command, { stdio, env }))
}

const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']

function nodeArguments(program: URL, args: readonly string[]): string[] {
  return ['--import', 'tsx', fileURLToPath(program), ...args]
}

function childOf(program: URL, child: ChildProcess & { readonly stdout: Readable }): Child {
  const exit = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    nextLine: async () => {
      const line = await lines.next()
      if (line.done === true) throw new Error(`${program.pathname} ended early`)
      return line.value
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exit
      const rest: string[] = []
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) rest.push(line.value)
      return rest
    },
    signal: name => {
      child.kill(name)
    },
    stopped: async () => {
      await untilStopped(child.pid!)
    },
    closeOutput: () => {
      child.stdout.destroy()
    },
    exitCode: async () => {
      const [code] = (await exit) as [number | null]
      return code
    },
  }
}
