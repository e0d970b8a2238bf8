/** The contestants of bench:kafka, each run in a process of its own: the bare loop, and `headwater run` with one worker or more. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Filled } from '../kafka/admin.ts'

/** Where the messages are. */
export interface Messages {
  readonly address: string
  readonly topic: string
  readonly count: number
  readonly made: Filled
  /** Of the broker; 0 where nobody knows it. */
  readonly brokerPid: number
}

/** What one run took, from its first record to its last. */
export interface KafkaSample {
  readonly wallMs: number
  readonly cpuMs: number
  /** Of the whole process, at most. */
  readonly rssMb: number
  /** From the start of the process to its end, with the last savepoint. */
  readonly wholeMs: number
  /** CPU seconds of the broker, over the whole. */
  readonly brokerS: number
  /** Cores that nobody used, on average over the whole. */
  readonly idleCores: number
}

interface Mark {
  readonly atMs: number
  readonly cpuMs: number
}

interface Marks {
  readonly first: Mark
  readonly last: Mark
  readonly records: number
  readonly rssMb: number
}

const bareProgram = fileURLToPath(new URL('kafka-bare.ts', import.meta.url))
const jobFile = fileURLToPath(new URL('kafka-job.mjs', import.meta.url))
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const [uid, state] = ['total-per-user', 'total'] as const

/** The bare loop. Fails when its result is not that of the messages. */
export async function runBare(messages: Messages): Promise<KafkaSample> {
  const args = ['--import', 'tsx', bareProgram, messages.address, messages.topic]
  const { output, ...rest } = await timed(messages, args)
  const marks = JSON.parse(output) as Marks & Filled
  check('the bare loop', messages, marks.records, marks)
  return { ...sampleOf([marks]), ...rest }
}

/** `headwater run` to the end, checkpoints every 10 s into `folder`, from an empty savepoint. Fails like the other. */
export async function runHeadwater(
  messages: Messages,
  empty: string,
  folder: string,
  workers: number,
): Promise<KafkaSample> {
  const [checkpoints, marksFile] = [join(folder, 'checkpoints'), join(folder, 'marks')]
  rmSync(checkpoints, { recursive: true, force: true })
  rmSync(marksFile, { force: true })
  const log = `payments=kafka://${messages.address}/${messages.topic}`
  const where = ['--from', empty, '--log', log, '--checkpoints', checkpoints]
  const how = ['--until-end', '--checkpoint-every', '10s', '--workers', String(workers), '--json']
  const { output: _, ...rest } = await timed(messages, [cli, 'run', jobFile, ...where, ...how], {
    HEADWATER_BENCH_MARKS: marksFile,
  })
  const threads = readFileSync(marksFile, 'utf8').trimEnd().split('\n')
  const marks = threads.map(line => JSON.parse(line) as Marks)
  const records = marks.reduce((all, each) => all + each.records, 0)
  check(`headwater, ${workers} worker(s)`, messages, records, await stored(checkpoints))
  return { ...sampleOf(marks), ...rest }
}

/** The job's file, for who makes the savepoint to begin with. */
export async function loadJob(): Promise<{ readonly totals: never }> {
  return (await import(jobFile)) as { readonly totals: never }
}

/** From the first record of any thread to the last of any; CPU time is of the process. */
function sampleOf(marks: readonly Marks[]): Pick<KafkaSample, 'wallMs' | 'cpuMs' | 'rssMb'> {
  const firsts = marks.map(({ first }) => first)
  const lasts = marks.map(({ last }) => last)
  const least = (of: (mark: Mark) => number): number => Math.min(...firsts.map(of))
  const most = (of: (mark: Mark) => number): number => Math.max(...lasts.map(of))
  return {
    wallMs: most(mark => mark.atMs) - least(mark => mark.atMs),
    cpuMs: most(mark => mark.cpuMs) - least(mark => mark.cpuMs),
    rssMb: Math.max(...marks.map(({ rssMb }) => rssMb)),
  }
}

function check(who: string, { count, made }: Messages, records: number, { users, sum }: Filled): void {
  if (records === count && users === made.users && sum === made.sum) return
  throw new Error(
    `${who} found ${records} records, ${users} users, sum ${sum}; there are ${count}, ${made.users}, ${made.sum}`,
  )
}

/** Keys and sum of the newest checkpoint, as `headwater scan` reads it. */
async function stored(checkpoints: string): Promise<Filled> {
  const child = spawn(process.execPath, [cli, 'scan', checkpoints, uid, state, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let [users, sum] = [0, 0]
  for await (const line of createInterface({ input: child.stdout })) {
    users++
    sum += (JSON.parse(line) as { readonly total: number }).total
  }
  return { users, sum }
}

interface Timed extends Pick<KafkaSample, 'wholeMs' | 'brokerS' | 'idleCores'> {
  readonly output: string
}

async function timed(
  { brokerPid }: Messages,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Timed> {
  const [brokerBefore, idleBefore, started] = [cpuSeconds(brokerPid), idleMs(), performance.now()]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  const wholeMs = performance.now() - started
  if (code !== 0) throw new Error(`${args.join(' ')} ended with code ${code}:\n${errors}`)
  return {
    output,
    wholeMs,
    brokerS: cpuSeconds(brokerPid) - brokerBefore,
    idleCores: (idleMs() - idleBefore) / wholeMs,
  }
}

function idleMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0)
}

/** Of a process so far, where the system says so in /proc; else NaN. */
function cpuSeconds(pid: number): number {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return NaN
  const fields = readFileSync(file, 'utf8').split(') ')[1]!.split(' ')
  const ticksASecond = 100
  return (Number(fields[11]) + Number(fields[12])) / ticksASecond
}
