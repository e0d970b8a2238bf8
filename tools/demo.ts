// npm run demo: the main job on real data, in a folder of its own that is removed at the end. Each stage is a command line
// as a user would type it, run as a child process; in the end the state is held against what another engine computed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { answerLines } from '../test/answers/answer-lines.ts'
import { answer, summaryOf } from '../test/answers/answers.ts'
import { retailLines, retailTotalsCase } from '../test/answers/cases.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(root, 'dist/cli.js')
const job = join(root, 'fixtures/jobs/retail-totals.ts')
const sources = ['--log', 'lines=file:log/lines']
const colours = process.stdout.isTTY && process.stdout.hasColors()
const folder = mkdtempSync(join(tmpdir(), 'headwater-demo-'))
let stages = 0

interface Call {
  /** For its standard input. */
  readonly input?: AsyncIterable<string>
  /** Gives what it printed instead of showing it. */
  readonly quiet?: boolean
}

async function headwater(args: readonly string[], { input, quiet = false }: Call = {}): Promise<string> {
  const words = args.map(arg => (arg === job ? relative(root, job) : arg))
  if (!quiet) console.log(`\n$ headwater ${words.join(' ')}`)
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: [input ? 'pipe' : 'ignore', quiet ? 'pipe' : 'inherit', 'inherit'],
  })
  const ended = once(child, 'close')
  const printed = child.stdout ? textOf(child.stdout) : ''
  // Where it stops reading it has said why.
  if (input && child.stdin) await pipeline(Readable.from(input), child.stdin).catch(() => undefined)
  const [code, signal] = (await ended) as [number | null, string | null]
  if (code === 0) return printed
  throw new Error(`headwater ${words[0]} ended with ${code ?? signal}`)
}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const piece of stream.setEncoding('utf8')) text += piece as string
  return text
}

function stage(title: string, text: string): void {
  const head = `${++stages}. ${title}`
  console.log(`\n${colours ? `\u001b[1m${head}\u001b[22m` : head}\n${text}`)
}

async function fillLog(): Promise<void> {
  stage(
    'A log',
    'The 541,909 invoice lines of a shop, December 2010 to December 2011, go into a log of 4 partitions keyed by customer.\n' +
      'A quarter of them name no customer. Policy: they are records like any other in log and archive, and the job filters\n' +
      'them out before its key. After October the log begins new segments, so that it can be cut off exactly there.',
  )
  const made = ['--partitions', '4', '--key', 'CustomerID', '--time', 'InvoiceDate', '--job', job, '--roll']
  await headwater(['log', 'append', 'file:log/lines', ...made], {
    input: retailLines('{2010-12,2011-0*,2011-10}'),
  })
  await headwater(['log', 'append', 'file:log/lines', '--time', 'InvoiceDate'], {
    input: retailLines('2011-1{1,2}'),
  })
}

async function makeHistory(): Promise<void> {
  stage(
    'Its past as Parquet',
    'What the log took before November is archived, and then cut off the log: it is only in Parquet now.',
  )
  await headwater(['archive', '--log', 'file:log/lines', '--to', 'history', '--before', '2011-11-01'])
  await headwater(['log', 'trim', 'file:log/lines', '--before', '2011-11-01'])
}

async function bootstrap(): Promise<void> {
  stage(
    'History → savepoint',
    'The job runs over the Parquet files, sinks muted, and leaves its state with the positions that it belongs to.',
  )
  await headwater([
    'bootstrap',
    job,
    '--history',
    'lines=history/**/*.parquet',
    '--into',
    'savepoints/october',
  ])
}

async function plan(): Promise<void> {
  stage(
    'The handoff',
    'Where the log must be read from is derived from the positions in the history, and held against what the log has: per\n' +
      'partition the first record to read is the one after the last in history, and the log still has it.',
  )
  await headwater(['plan', job, '--from', 'savepoints/october', ...sources])
}

async function live(): Promise<void> {
  stage(
    'Live',
    'The same job goes on from the savepoint on the log, to its present end, and writes what it emits to a file.',
  )
  const outputs = ['--sink', 'totals=ndjson:totals.ndjson', '--checkpoints', 'checkpoints']
  await headwater(['run', job, '--from', 'savepoints/october', ...sources, ...outputs, '--until-end'])
  const lines = readFileSync(join(folder, 'totals.ndjson'), 'utf8').trimEnd().split('\n')
  console.log(`\ntotals.ndjson has ${lines.length} results, the last three:\n${lines.slice(-3).join('\n')}`)
}

async function check(): Promise<boolean> {
  stage(
    'Final check',
    'Everything in the last savepoint is checked, scanned and compared with what DuckDB computed over all rows at once.',
  )
  await headwater(['verify', 'checkpoints'])
  await headwater(['get', 'checkpoints', '12347'])
  const { id, states, uid } = retailTotalsCase
  const scan = (state: string): Promise<string> =>
    headwater(['scan', 'checkpoints', uid, state, '--json'], { quiet: true })
  const found = summaryOf(id, await answerLines(retailTotalsCase, scan))
  const known = answer(id)
  const same = found.rows === known.rows && found.md5OfSortedLines === known.md5OfSortedLines
  console.log(`\nscanned   ${states.map(state => `${uid}/${state}`).join(', ')}`)
  console.log(`found     ${found.rows} customers, md5 ${found.md5OfSortedLines}`)
  console.log(`expected  ${known.rows} customers, md5 ${known.md5OfSortedLines}`)
  return same
}

const start = performance.now()
try {
  await fillLog()
  await makeHistory()
  await bootstrap()
  await plan()
  await live()
  const same = await check()
  const seconds = Math.round((performance.now() - start) / 1000)
  console.log(
    `\n${same ? 'History and live together give the known answer' : 'WRONG ANSWER'}, after ${seconds} s.`,
  )
  process.exitCode = same ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
