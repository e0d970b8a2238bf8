/** Commands of the demo: printed as a user types them, run as child processes whose output is shown. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const colours = process.stdout.isTTY && process.stdout.hasColors()
let stages = 0

/** Begins a part of the story. */
export function stage(title: string, text: string): void {
  const head = `${++stages}. ${title}`
  console.log(`\n${colours ? `\u001b[1m${head}\u001b[22m` : head}\n${text}`)
}

/** Shows a command. */
export function command(line: string): void {
  console.log(`\n$ ${line}`)
}

/** Runs `headwater ARGS`, which must end with one of these codes. */
export async function mustRun(
  folder: string,
  args: readonly string[],
  codes: readonly number[] = [0],
): Promise<void> {
  show(args)
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await mustEnd(child, args, codes)
}

/** The same without a word; gives what it prints. */
export async function quietly(folder: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  await mustEnd(child, args, [0])
  return text
}

const running = new Map<string, () => string>()

/** What those that were started said last, for where the story fails. */
export function lastWords(): string {
  return [...running].map(([name, said]) => `${name}:\n${said()}`).join('\n')
}

/** One that goes on while others run. */
export interface Running {
  readonly pid: number
  /** Throws when it ended. */
  check(): void
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM, after which it must end well. */
  stop(): Promise<void>
  /** It was told to end by somebody else. */
  end(): Promise<void>
}

/** Starts `headwater ARGS &`. What it prints is not shown, but when it fails. */
export function start(folder: string, args: readonly string[]): Running {
  show(args, ' &')
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (said = `${said}${piece}`.slice(-4000)))
  running.set(`headwater ${args[0]} (${child.pid})`, () => `${said.slice(-1500)}code ${child.exitCode}`)
  const ended = once(child, 'close')
  const killWithUs = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const end = async (): Promise<void> => {
    const [code] = (await ended) as [number | null]
    process.off('exit', killWithUs)
    if (code !== 0) throw new Error(`headwater ${args[0]} ended with ${code}: ${said}`)
  }
  return {
    pid: child.pid!,
    check: () => {
      if (child.exitCode !== null) throw new Error(`headwater ${args[0]} ended early: ${said}`)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
      process.off('exit', killWithUs)
    },
    stop: async () => {
      child.kill('SIGTERM')
      await end()
    },
    end,
  }
}

function show(args: readonly string[], behind: string = ''): void {
  const words = args.map(arg => (arg.startsWith(root) ? relative(root, arg) : arg))
  command(`headwater ${words.map(word => (/[*?&]/.test(word) ? `'${word}'` : word)).join(' ')}${behind}`)
}

async function mustEnd(
  child: ChildProcess,
  args: readonly string[],
  codes: readonly number[],
): Promise<void> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (code === null || !codes.includes(code))
    throw new Error(`headwater ${args[0]} ended with ${code ?? signal}`)
}
