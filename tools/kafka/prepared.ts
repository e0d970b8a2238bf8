/**
 * What a broker needs that is made once and kept under node_modules/.cache: Kafka's jars (Maven copies them), the compiled
 * Java sources beside this file, and keys for TLS. Each is made in a folder of its own and then renamed, so that two who
 * prepare at once do not disturb each other.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeKeys } from './keys.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../node_modules/.cache/headwater-kafka', import.meta.url))
const windows = process.platform === 'win32'

/** Where things are. */
export interface Prepared {
  /** For `java -cp`. */
  readonly classPath: string
  /** What `makeKeys` made. */
  readonly keys: string
  readonly log4j: string
}

/** Why no broker can run here, for people; null when it can. Neither downloads nor starts anything but `--version`. */
export function whyNoBroker(): string | null {
  if (windows) return 'these tools use signals, which Windows has not'
  if (!runs('javac', ['-version'])) return 'no JDK (javac) on the path'
  if (!runs('mvn', ['--version'])) return 'no Maven (mvn) on the path'
  return null
}

/** Makes what is missing: seconds for the first time, then at once. */
export function prepared(): Prepared {
  const pom = readFileSync(join(here, 'pom.xml'))
  const libs = once('libs', [pom], folder => {
    // In the folder itself, so that no settings of a repository around it are met.
    cpSync(join(here, 'pom.xml'), join(folder, 'pom.xml'))
    const copy = ['dependency:copy-dependencies', '-DoutputDirectory=.', '-DincludeScope=runtime']
    run('mvn', ['-q', '-B', ...copy], folder)
  })
  const sources = readdirSync(join(here, 'java')).map(name => join(here, 'java', name))
  const texts = sources.map(source => readFileSync(source))
  const classes = once('classes', [pom, ...texts], folder => {
    run('javac', ['-cp', join(libs, '*'), '-d', folder, ...sources], folder)
  })
  const keys = once('keys', [readFileSync(join(here, 'keys.ts'))], folder => {
    makeKeys(folder, (command, args) => run(command, args, folder), classes)
  })
  return { classPath: `${classes}:${join(libs, '*')}`, keys, log4j: join(here, 'log4j2.xml') }
}

/** The folder that was made of those inputs; `make` fills it when there is none. */
function once(name: string, inputs: readonly Buffer[], make: (folder: string) => void): string {
  const digest = createHash('sha256')
  for (const input of inputs) digest.update(input)
  const made = join(cache, `${name}-${digest.digest('hex').slice(0, 12)}`)
  if (existsSync(made)) return made
  mkdirSync(dirname(made), { recursive: true })
  const draft = mkdtempSync(join(cache, `${name}-draft-`))
  try {
    make(draft)
    renameSync(draft, made)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(made)) throw error // else another one was faster
  }
  return made
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stdout + stderr}`)
  return stdout
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
