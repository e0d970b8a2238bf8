/** Runs one piece of work in a process of its own, several times, taking turns with its baseline. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What one run took, without the start of its process. */
export interface Sample {
  readonly wallMs: number
  readonly cpuMs: number
  /** The process's largest resident size, MB. */
  readonly rssMb: number
  /** What the work found, to be checked. */
  readonly result: unknown
}

/** A line of bench.json. */
export interface BenchResult {
  readonly work: string
  readonly median: number
  readonly unit: string
  readonly baseline: { readonly work: string; readonly median: number }
  readonly ratio: number
  readonly goal: string
  readonly met: boolean
}

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url))

/** One run of a named piece of work (see worker.mjs), with the built library as its users have it. */
export async function runOnce(work: string, ...args: readonly string[]): Promise<Sample> {
  const child = spawn(process.execPath, [worker, work, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  if (code !== 0) throw new Error(`bench work ${work} ended with code ${code}`)
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Sample
}

/** Runs of A and B in turns: A B A B …, so that a machine that slows down slows both. */
export async function inTurns<A, B>(
  runs: number,
  a: (run: number) => Promise<A>,
  b: (run: number) => Promise<B>,
): Promise<{ readonly a: readonly A[]; readonly b: readonly B[] }> {
  const results = { a: [] as A[], b: [] as B[] }
  for (let run = 0; run < runs; run++) {
    results.a.push(await a(run))
    results.b.push(await b(run))
  }
  return results
}

/** The middle value; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y)
  const middle = sorted.length / 2
  return Number.isInteger(middle)
    ? ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
    : (sorted[Math.floor(middle)] as number)
}

/** `min / median / max`, in the unit. */
export function spread(values: readonly number[], digits = 0): string {
  const sorted = values.toSorted((x, y) => x - y)
  return [sorted[0], median(sorted), sorted.at(-1)]
    .map(value => (value as number).toFixed(digits))
    .join(' / ')
}
