/**
 * `npm run mutants [-- NAME…]`: plants one bug at a time in a copy of the sources and runs the tests that should notice.
 * A bug that no test notices is a hole in the tests. The last line counts caught and missed.
 */
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { mutants, type Mutant } from './mutants/list.ts'

const copied = [
  'src',
  'test',
  'tools',
  'fixtures',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'tsconfig.test.json',
]

async function main(): Promise<number> {
  const wanted = process.argv.slice(2)
  const chosen = mutants.filter(({ name }) => wanted.length === 0 || wanted.some(part => name.includes(part)))
  const folder = await mkdtemp(join(tmpdir(), 'headwater-mutants-'))
  let caught = 0
  try {
    for (const name of copied) await cp(name, join(folder, name), { recursive: true })
    await symlink(resolve('node_modules'), join(folder, 'node_modules'))
    const tests = [...new Set(chosen.flatMap(mutant => mutant.tests))]
    if ((await mocha(folder, tests)) !== 0) throw new Error('the tests fail without any mutant')
    for (const mutant of chosen) {
      const seen = await isCaught(folder, mutant)
      if (seen) caught++
      console.log(`${seen ? 'caught' : 'MISSED'}  ${mutant.name}`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  console.log(`mutants: ${caught} caught, ${chosen.length - caught} missed`)
  return caught === chosen.length ? 0 : 1
}

async function isCaught(folder: string, { name, file, from, to, tests }: Mutant): Promise<boolean> {
  const path = join(folder, file)
  const original = await readFile(path, 'utf8')
  if (original.split(from).length !== 2)
    throw new Error(`mutant ${name}: ${file} has its text not exactly once`)
  await writeFile(
    path,
    original.replace(from, () => to),
  )
  try {
    return (await mocha(folder, tests)) !== 0
  } finally {
    await writeFile(path, original)
  }
}

/** Runs test files in the copy; 0 when all pass. A test that hangs counts as one that notices. */
async function mocha(folder: string, tests: readonly string[]): Promise<number> {
  const options = [
    '--no-config',
    '-n',
    'import=tsx',
    '-n',
    'import=./tools/tsx-in-workers.mjs',
    '--bail',
    '--exit',
  ]
  const args = [join('node_modules', 'mocha', 'bin', 'mocha.js'), ...options, '--timeout', '60000', ...tests]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>(done => child.on('close', done))
  if (code !== 0 && process.env['MUTANTS_VERBOSE'] !== undefined) console.log(output)
  return code ?? 1
}

process.exitCode = await main()
