/** Starts test scripts as processes of their own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A running child and all that it has printed. */
export interface Child {
  readonly process: ChildProcess
  readonly lines: string[]
  /** Resolves when it has printed so many lines, or ended. */
  printed(lines: number): Promise<void>
  /** Resolves when it has ended: its exit code, null when it was killed. */
  readonly ended: Promise<number | null>
}

/** Runs a script of this folder; `limitKib` limits the size of any file that it writes. */
export function startChild(script: string, args: readonly string[], limitKib?: number): Child {
  const command = [
    process.execPath,
    '--import',
    'tsx',
    fileURLToPath(new URL(script, import.meta.url)),
    ...args,
  ]
  const limited =
    limitKib === undefined ? command : ['bash', '-c', `ulimit -f ${limitKib}; exec "$@"`, 'bash', ...command]
  const child = spawn(limited[0]!, limited.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: string[] = []
  let text = ''
  const waiting: { lines: number; resolve: () => void }[] = []
  const wake = (all: boolean): void => {
    for (const each of waiting) if (all || lines.length >= each.lines) each.resolve()
  }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (text + chunk).split('\n')
    text = parts.pop()!
    lines.push(...parts)
    wake(false)
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => {
      wake(true)
      resolve(code)
    })
  })
  const printed = (count: number): Promise<void> =>
    new Promise(resolve => (lines.length >= count ? resolve() : waiting.push({ lines: count, resolve })))
  return { process: child, lines, printed, ended }
}
