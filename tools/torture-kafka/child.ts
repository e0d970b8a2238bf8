/** The built command line as a child process that can be killed, frozen and given a wrong clock. */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** How a child ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Headwater's last word where it failed: `--json` is given to all. */
  readonly error: { readonly kind: string; readonly code: string; readonly message: string } | null
  readonly stdout: string
}

export interface Child {
  /** For people: `task 1/3 #12`. */
  readonly name: string
  readonly pid: number
  readonly ended: Promise<Ended>
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void
}

interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly onLine?: (line: string) => void
}

const alive = new Set<Child>()
process.once('exit', () => {
  for (const child of alive) child.signal('SIGKILL')
})

/** Runs `headwater ARGS --json`. What it says on stderr goes to the file, with its name; each line of stdout may be heard. */
export function startChild(
  name: string,
  args: readonly string[],
  logFile: string,
  { env = {}, onLine }: ChildOptions = {},
): Child {
  const process_ = spawn(process.execPath, [cli, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const said: { stdout: Buffer[]; stderr: string } = { stdout: [], stderr: '' }
  process_.stdout.on('data', (piece: Buffer) => said.stdout.push(piece))
  if (onLine !== undefined) createInterface({ input: process_.stdout }).on('line', onLine)
  process_.stderr.on('data', (piece: Buffer) => {
    said.stderr = `${said.stderr}${piece.toString()}`.slice(-100_000)
  })
  const ended = new Promise<Ended>(resolve => {
    process_.on('close', (code, signal) => {
      alive.delete(child)
      const lines = said.stderr
        .split('\n')
        .filter(line => line !== '' && !line.includes('"event":"progress"'))
      appendFileSync(logFile, lines.map(line => `${name}  ${line}\n`).join(''))
      resolve({ code, signal, error: errorOf(lines), stdout: Buffer.concat(said.stdout).toString() })
    })
  })
  const child: Child = {
    name,
    pid: process_.pid!,
    ended,
    signal: signal => void process_.kill(signal),
  }
  alive.add(child)
  return child
}

function errorOf(lines: readonly string[]): Ended['error'] {
  for (const line of lines.toReversed()) {
    try {
      const { kind, code, message } = JSON.parse(line) as Record<string, unknown>
      if (typeof kind === 'string' && typeof code === 'string')
        return { kind, code, message: String(message) }
    } catch {
      // a warning, or a stack
    }
  }
  return null
}

/** `conflict lost-ownership`, `SIGKILL`, `ok`: how it ended, to be counted. */
export function endText({ code, signal, error }: Ended): string {
  if (signal !== null) return signal
  if (code === 0) return 'ok'
  return error === null ? `code ${code}` : `${error.kind} ${error.code}`
}
