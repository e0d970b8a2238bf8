/** The built command line as a child process that can be killed at a moment. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** How a child ended. */
export interface Ended {
  /** Null when it was killed. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly tookMs: number
}

/** Runs `headwater ARGS`; SIGKILL after `killAfterMs` unless it ended before. */
export async function headwater(args: readonly string[], killAfterMs = Infinity): Promise<Ended> {
  const started = performance.now()
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const timer = Number.isFinite(killAfterMs)
    ? setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    : undefined
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  clearTimeout(timer)
  return { code, stdout, stderr, tookMs: performance.now() - started }
}

/** The same, which must succeed. */
export async function mustRun(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await headwater(args)
  if (code === 0) return stdout
  throw new Error(`headwater ${args.join(' ')} ended with code ${code}: ${stderr}`)
}
