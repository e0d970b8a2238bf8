/** The built command line as a child process: what a user runs. `npm test` builds it first. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

/** The built program. */
export const program: string = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** Where and how it runs. */
export interface RunSettings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Pieces of text for its standard input; none by default. */
  readonly stdin?: AsyncIterable<string> | Iterable<string>
  /** No file may grow beyond so many blocks (of 512 or 1,024 bytes, as the shell has it); not on Windows. */
  readonly maxFileBlocks?: number
}

/** How it ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A running one. */
export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  /** Resolves when it ended and all its output was read. */
  readonly ended: Promise<Ended>
  /** Resolves when its output so far holds the text; fails when it ends without it. */
  printed(text: string | RegExp): Promise<void>
}

/** Starts `headwater ARGS`. */
export function startHeadwater(args: readonly string[], settings: RunSettings = {}): Running {
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`)
  const { cwd, env, stdin = [], maxFileBlocks } = settings
  const limit = maxFileBlocks === undefined ? '' : `ulimit -f ${maxFileBlocks}; `
  const command = [process.execPath, program, ...args] as const
  const [file, ...words] = limit === '' ? command : ['sh', '-c', `${limit}exec "$@"`, 'sh', ...command]
  const child = spawn(file, words, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  const seen = new EventTarget()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      texts[name] += piece
      seen.dispatchEvent(new Event('more'))
    })
  }
  // A program that ends before it read all of its input is no failure of ours.
  const fed = pipeline(Readable.from(stdin), child.stdin).catch(() => undefined)
  let isOver = false // it ended, and all that it printed is here
  const ended = once(child, 'close').then(async ([code, signal]): Promise<Ended> => {
    await fed
    isOver = true
    seen.dispatchEvent(new Event('more'))
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, ...texts }
  })
  const printed = async (text: string | RegExp): Promise<void> => {
    while (!`${texts.stdout}${texts.stderr}`.match(text)) {
      if (isOver) throw new Error(`ended without ${String(text)}: ${texts.stderr}`)
      await new Promise(resolve => seen.addEventListener('more', resolve, { once: true }))
    }
  }
  return { child, ended, printed }
}

/** Runs `headwater ARGS` to its end. */
export async function headwater(args: readonly string[], settings: RunSettings = {}): Promise<Ended> {
  return startHeadwater(args, settings).ended
}

/** Runs it, expects success, and returns what it printed. */
export async function succeeds(args: readonly string[], settings: RunSettings = {}): Promise<string> {
  const { code, signal, stdout, stderr } = await headwater(args, settings)
  if (code !== 0) throw new Error(`headwater ${args.join(' ')} ended with ${code ?? signal}: ${stderr}`)
  return stdout
}
