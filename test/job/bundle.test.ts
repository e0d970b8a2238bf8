import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { build } from 'esbuild'
import { graphOf } from '../../src/job/brand.ts'
import { graphDigest } from '../../src/job/graph-data.ts'
import { retail } from '../../fixtures/jobs/retail.ts'
import { tempFolders } from '../temp-folder.ts'

const root = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

/** Loads a job with the bundle in `library` and prints what came out, by Node alone and without tsx. */
const program = `
const [library, from] = process.argv.slice(1)
const { loadJob } = await import(library)
const shown = await loadJob(from).then(
  ({ job, digest, export: name }) => ({ name, digest, job: job.name, copy: globalThis.otherCopy === true }),
  ({ kind, code, message }) => ({ kind, code, message }),
)
console.log(JSON.stringify(shown))`

describe('job files under the bundled library', () => {
  const folder = tempFolders()

  const place = mkdtempSync(join(tmpdir(), 'headwater-test-'))
  const library = join(place, 'dist/load.js')
  after(() => rmSync(place, { recursive: true }))

  /** dist/ as tools/build.mjs makes it: flat, its chunks shared. */
  before(async () => {
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
    await build({
      absWorkingDir: root,
      entryPoints: { index: 'src/index.ts', load: 'src/job/load.ts' },
      outdir: join(place, 'dist'),
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
    })
  })

  /** Another copy of the builder, installed as `headwater` in a folder. */
  async function installCopy(place: string): Promise<void> {
    const contents = `globalThis.otherCopy = true
      export { job } from './src/job/builder.ts'
      export { source } from './src/source/declare.ts'
      export { value } from './src/state/state.ts'
      export { t } from './src/record/type.ts'`
    const outfile = join(place, 'node_modules/headwater/index.js')
    await build({
      stdin: { contents, resolveDir: root, loader: 'ts' },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
    })
    const description = { name: 'headwater', type: 'module', exports: './index.js' }
    writeFileSync(join(outfile, '../package.json'), JSON.stringify(description))
  }

  async function load(from: string, temporary: string): Promise<Record<string, unknown>> {
    const options = { cwd: temporary, env: { ...process.env, TMPDIR: temporary } }
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '-e', program, library, from],
      options,
    )
    return JSON.parse(stdout) as Record<string, unknown>
  }

  const text = (name: string): string => `import { job, source, t, value } from 'headwater'
    export const retail = job('${name}').from(source('s', { schema: { k: t.string() } })).keyBy('k')
      .apply('a', { state: { n: value(t.int32(), 0) }, onRecord() {} })`

  it('loads TypeScript, and keeps what jiti made of it where nobody else can write', async () => {
    const temporary = folder()
    const expected = graphDigest(graphOf(retail))
    for (let i = 0; i < 2; i++) {
      const { digest } = await load(join(root, 'fixtures/jobs/retail.ts'), temporary)
      expect(digest).to.equal(expected)
    }
    const cache = join(temporary, `headwater-${process.getuid?.() ?? 'jobs'}`)
    expect(readdirSync(cache)).to.have.lengthOf(1)
    if (process.getuid) expect(statSync(cache).mode & 0o777).to.equal(0o700)
  })

  it('loads JavaScript, with the running library where there is no other and with another where there is', async () => {
    const [bare, withCopy] = [folder(), folder()]
    await installCopy(withCopy)
    const copies: unknown[] = []
    const digests = new Set<unknown>()
    for (const path of [
      join(bare, 'job.mjs'),
      join(bare, 'job.js'),
      join(withCopy, 'job.js'),
      join(withCopy, 'job.ts'),
    ]) {
      writeFileSync(path, text('retail'))
      const loaded = await load(path, folder())
      expect(loaded.job, JSON.stringify(loaded)).to.equal('retail')
      copies.push(loaded.copy)
      digests.add(loaded.digest)
    }
    expect(copies).to.deep.equal([false, false, true, false])
    expect(digests.size, 'whichever copy built it').to.equal(1)
  })

  it('names the line of a syntax error, which Node does not tell of a module', async () => {
    const jobs = folder()
    for (const name of ['job.mjs', 'job.ts']) {
      const path = join(jobs, name)
      writeFileSync(path, `${text('retail')}\nexport const x = = 1\n`)
      const { kind, code, message } = await load(path, jobs)
      expect([kind, code], String(message)).to.deep.equal(['invalid', 'job-syntax'])
      expect(message).to.contain(`${path}:4:`)
    }
  })
})
