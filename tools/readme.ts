/** The program and the commands of README.md, as files and as a shell would run them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const path = fileURLToPath(new URL('../README.md', import.meta.url))
const tsx = fileURLToPath(import.meta.resolve('tsx'))

/** The content of the code block with that info string: `ts job.ts`, `sh data`. */
export function readmeBlock(info: string): string {
  const text = readFileSync(path, 'utf8')
  const start = text.indexOf(`\`\`\`${info}\n`)
  if (start < 0) throw new Error(`README.md has no block ${info}`)
  const from = start + info.length + 4
  return text.slice(from, text.indexOf('```', from))
}

/** Writes the block of that name, `job.ts` or `main.ts`, to a folder. */
export function writeProgram(folder: string, name: string): void {
  writeFileSync(join(folder, name), readmeBlock(`ts ${name}`))
}

/** What each command line of a block printed. */
export type CommandOutputs = ReadonlyMap<string, string>

/**
 * Runs a block's commands in a folder, with `headwater` from `bin`, stopping at the first that fails. Returns what each
 * `headwater` command printed, by its first word after it.
 */
export async function runCommands(folder: string, block: string, bin: string): Promise<CommandOutputs> {
  const outputs = new Map<string, string>()
  for (const command of commandsOf(readmeBlock(`sh ${block}`))) {
    const output = await shell(folder, command, bin)
    const word = /^headwater (\S+)/.exec(command)?.[1]
    if (word !== undefined) outputs.set(word, output)
  }
  return outputs
}

/** Lines, with a here-document as one of them. */
function commandsOf(block: string): readonly string[] {
  const commands: string[] = []
  let open: string | null = null
  for (const line of block.trimEnd().split('\n')) {
    if (open === null) commands.push(line)
    else commands.push(`${commands.pop()}\n${line}`)
    if (open === null) open = /<<'(\w+)'$/.exec(line)?.[1] ?? null
    else if (line === open) open = null
  }
  return commands
}

async function shell(folder: string, command: string, bin: string): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1', PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` }
  const child = spawn('bash', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === 0) return stdout
  throw new Error(`${command}\nended with ${code}: ${stderr}`)
}

/** Runs `main.ts` in a folder until its output has so many lines, then ends it; it would go on for ever. Returns the output. */
export async function runMain(folder: string, lines: number): Promise<string> {
  const output = join(folder, 'totals.ndjson')
  const child = spawn(process.execPath, ['--import', pathToFileURL(tsx).href, 'main.ts'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'close')
  try {
    for (let wait = 0; wait < 600; wait++) {
      if (child.exitCode !== null) throw new Error(`main.ts ended with ${child.exitCode}`)
      if (linesIn(output) >= lines) return readFileSync(output, 'utf8')
      await setTimeout(50)
    }
    throw new Error(`main.ts wrote ${linesIn(output)} of ${lines} lines in half a minute`)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

function linesIn(file: string): number {
  if (!existsSync(file) || statSync(file).size === 0) return 0
  return readFileSync(file, 'utf8').split('\n').length - 1
}
