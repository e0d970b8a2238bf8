/**
 * `npm test [-- FILE…]`: all tests, in two halves side by side where there are two cores. The output is that of one after
 * the other, and the last lines count all.
 *
 * Each half is a mocha of its own. Mocha's `--parallel` is not used: a failure whose values hold a bigint does not get through
 * to its main process, and its workers are ended however much a test left running.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { globSync } from 'tinyglobby'
import { InOrder } from './tests/in-order.ts'
import { countsOf, totalOf, type Counts } from './tests/counts.ts'

interface Settings {
  readonly 'node-option': readonly string[]
  readonly spec: readonly string[]
  readonly ignore: readonly string[]
  readonly timeout: number
}

/** What is told of at the very end: parts that ended without telling why. */
const deaths: string[] = []
const root = fileURLToPath(new URL('..', import.meta.url))
const settings = JSON.parse(readFileSync(new URL('../.mocharc.json', import.meta.url), 'utf8')) as Settings

/** Runs files by one mocha; gives what it counted. */
async function runPart(files: readonly string[], print: (text: string) => void): Promise<Counts> {
  const program = fileURLToPath(new URL('../node_modules/mocha/bin/mocha.js', import.meta.url))
  const hooks = settings['node-option'].flatMap(option => ['--node-option', option])
  const args = [program, '--no-config', ...hooks, '--timeout', String(settings.timeout), ...files]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      print(text)
    })
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  const counts = countsOf(output)
  if (code !== 0 && counts.failing === 0) {
    deaths.push(
      `mocha ended with ${code ?? signal} and counted no failure, over ${files[0]} to ${files.at(-1)}`,
    )
    return { ...counts, failing: 1 }
  }
  return counts
}

/** Neighbours stay together, so that the output is in the order of the files; the halves of their list take about as long. */
function partsOf(files: readonly string[]): readonly (readonly string[])[] {
  if (availableParallelism() < 2) return [files]
  const half = Math.ceil(files.length / 2)
  return [files.slice(0, half), files.slice(half)]
}

const started = performance.now()
const given = process.argv.slice(2)
const all = globSync([...settings.spec], { cwd: root, ignore: [...settings.ignore] }).sort()
const parts = given.length > 0 ? [given] : partsOf(all)
const output = new InOrder(parts.length, text => process.stdout.write(text))
const counts = await Promise.all(
  parts.map(async (files, part) => {
    const counted = await runPart(files, text => output.print(part, text))
    output.end(part)
    return counted
  }),
)
const { text, failing } = totalOf(counts, performance.now() - started)
console.log([text, ...deaths].join('\n'))
process.exitCode = failing > 0 ? 1 : 0
