// tsx tools/check-package.ts FOLDER: the packed package, installed in FOLDER, does what README.md says. Its program
// compiles against the package's declarations and runs; its commands run by the package's own `headwater`.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { runCommands, runMain, writeProgram } from './readme.ts'

const folder = resolve(process.argv[2] ?? '.')
const installed = join(folder, 'node_modules/headwater')
const bin = join(folder, 'node_modules/.bin')
const expected = ['{"customer":"ann","total":50}', '{"customer":"dan","total":30}']

function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`${what}: it is not so`)
  console.log(`ok  ${what}`)
}

/** A new folder inside FOLDER, with the program. */
function place(name: string): string {
  const path = join(folder, name)
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path)
  writeProgram(path, 'job.ts')
  writeProgram(path, 'main.ts')
  return path
}

function compiles(path: string): boolean {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const settings = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023']
  execFileSync(process.execPath, [tsc, ...settings, '--allowImportingTsExtensions', 'main.ts'], {
    cwd: path,
    stdio: 'inherit',
  })
  return true
}

function isExpected(totals: string): boolean {
  return totals.trimEnd().split('\n').toSorted().join('\n') === expected.join('\n')
}

for (const file of [
  'README.md',
  'LICENSE',
  'dist/index.d.ts',
  'dist/THIRD-PARTY-LICENSES.txt',
  'src/savepoint/FORMAT.md',
  'src/live/TASKS.md',
]) {
  expect(`the package has ${file}`, existsSync(join(installed, file)))
}

const program = place('by-program')
expect('the program compiles', compiles(program))
await runCommands(program, 'data', bin)
expect('the program runs', isExpected(await runMain(program, expected.length)))

const commands = place('by-commands')
await runCommands(commands, 'data', bin)
const outputs = await runCommands(commands, 'commands', bin)
expect('plan is ready', outputs.get('plan')?.trimEnd().endsWith('\nready') === true)
expect('run writes the totals', isExpected(readFileSync(join(commands, 'totals.ndjson'), 'utf8')))
expect('get finds a key', / 50\n/.test(outputs.get('get') ?? ''))
