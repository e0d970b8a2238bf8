import { expect } from 'chai'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { graphOf } from '../../src/job/brand.ts'
import { graphDigest } from '../../src/job/graph-data.ts'
import { loadJob, resolveJob } from '../../src/job/load.ts'
import { retail } from '../../fixtures/jobs/retail.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'

const fixture = new URL('../../fixtures/jobs/retail.ts', import.meta.url)

const header = `import { job, source, t } from 'headwater'
const clicks = source('clicks', { schema: { user: t.string() } })
const keyed = name => job(name).from(clicks).keyBy('user')
const idle = { state: {}, onRecord: () => undefined }
`

/** Compiled files of these tests go where they are removed. */
function ownCache(): void {
  const usual = process.env['TMPDIR']
  const own = mkdtempSync(join(tmpdir(), 'headwater-test-'))
  before(() => (process.env['TMPDIR'] = own))
  after(() => {
    if (usual === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = usual
    rmSync(own, { recursive: true })
  })
}

describe('loadJob', () => {
  ownCache()
  const folder = tempFolders()

  /** A file in a folder of its own, far from any node_modules. */
  const file = (name: string, text: string): string => {
    const path = join(folder(), name)
    writeFileSync(path, text)
    return path
  }
  const javaScript = (body: string): string => file('job.mjs', header + body)

  it('loads TypeScript, by path, by URL and by reference', async () => {
    const path = fixture.pathname
    const loaded = await loadJob(path)
    expect(graphOf(loaded.job).stages[0]?.operators[0]?.uid).to.equal('spend-per-customer')
    const { module, export: name, digest } = loaded
    expect([module.href, name, digest]).to.deep.equal([fixture.href, 'retail', graphDigest(graphOf(retail))])
    for (const from of [fixture, fixture.href, `${path}#retail`, new URL('#retail', fixture), loaded]) {
      expect((await loadJob(from)).job).to.equal(loaded.job)
    }
  })

  it('loads what stands outside any node_modules', async () => {
    const typed =
      header.replace('name =>', '(name: string) =>') + `export const one = keyed('one').apply('a', idle)`
    for (const name of ['job.ts', 'job.mts', 'job.js', 'job.mjs', 'odd #name.ts']) {
      const text = name.endsWith('ts') ? typed : typed.replace(': string', '')
      expect((await loadJob(file(name, text))).export, name).to.equal('one')
    }
    const common = header.replace(/import (.*) from 'headwater'/, `const $1 = require('headwater')`)
    const { job } = await loadJob(
      file('job.cjs', `${common}module.exports = { one: keyed('one').apply('a', idle) }`),
    )
    expect(job.name).to.equal('one')
  })

  it('loads the files that a job file imports', async () => {
    const path = file(
      'job.ts',
      `import { uid } from './names.ts'\n${header}export const one = keyed(uid).apply(uid, idle)`,
    )
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(join(path, '..', 'names.ts'), `export const uid: string = 'from-another-file'`)
    expect((await loadJob(path)).job.name).to.equal('from-another-file')
  })

  it('takes a default export, and a job exported twice', async () => {
    const byDefault = await loadJob(javaScript(`export default keyed('one').apply('a', idle)`))
    expect([byDefault.export, byDefault.job.name]).to.deep.equal(['default', 'one'])
    const twice = await loadJob(
      javaScript(`const a = keyed('one').apply('a', idle)\nexport { a as default, a as named }`),
    )
    expect(twice.export).to.equal('named')
  })

  it('asks which of several jobs is meant', async () => {
    const path = javaScript(`export const one = keyed('one').apply('a', idle)
      export const two = keyed('two').apply('a', idle)
      export const three = 3`)
    const { message } = await rejects(loadJob(path), 'invalid', 'several-jobs')
    expect(message).to.contain('found one, two').and.contain(`${path}#one`)
    expect((await loadJob(`${path}#two`)).job.name).to.equal('two')
    expect((await loadJob({ module: pathToFileURL(path), export: 'one' })).job.name).to.equal('one')
    for (const name of ['three', 'four', 'toString']) {
      const error = await rejects(loadJob(`${path}#${name}`), 'invalid', 'no-such-export')
      expect(error.message).to.contain('the jobs one, two')
    }
  })

  it('says what a file without a job exports', async () => {
    const { message } = await rejects(
      loadJob(javaScript(`export const stream = keyed('x')`)),
      'invalid',
      'no-job',
    )
    expect(message).to.contain('the exports stream, none of them a job')
    const empty = await rejects(loadJob(javaScript(`keyed('x').apply('a', idle)`)), 'invalid', 'no-job')
    expect(empty.message).to.contain('no exports')
  })

  it('compares digests', async () => {
    const { module, export: name, digest } = await loadJob(fixture)
    expect((await loadJob({ module, export: name, digest })).digest).to.equal(digest)
    const other = digest.replace(/^./, first => (first === '0' ? '1' : '0'))
    const { message } = await rejects(loadJob({ module, digest: other }), 'invalid', 'other-job')
    expect(message).to.contain(digest).and.contain(other)
  })

  it('takes a job as it is, or loads it', async () => {
    expect(await resolveJob(retail)).to.equal(retail)
    expect((await resolveJob({ module: fixture, export: 'retail' })).name).to.equal('retail')
    for (const given of [undefined, {}, 'job.ts', { name: 'retail' }]) {
      await rejects(resolveJob(given as never), 'invalid', 'not-a-job')
    }
  })

  it('refuses a job of a newer version of the library', async () => {
    const path = file(
      'job.mjs',
      `export const later = { name: 'x', [Symbol.for('headwater.job')]: { format: 2 } }`,
    )
    const { message } = await rejects(loadJob(path), 'invalid', 'job-format')
    expect(message).to.contain('expected format 1 or older, found format 2')
  })
})

describe('loadJob: files that can not be loaded', () => {
  ownCache()
  const folder = tempFolders()
  const file = (name: string, text: string): string => {
    const path = join(folder(), name)
    writeFileSync(path, text)
    return path
  }

  it('says that there is no file, or no file of the kind', async () => {
    const missing = join(folder(), 'missing.ts')
    expect((await rejects(loadJob(missing), 'invalid', 'no-such-file')).message).to.contain(missing)
    await rejects(loadJob(`${missing}#retail`), 'invalid', 'no-such-file')
    await rejects(loadJob(file('job.json', '{}')), 'invalid', 'bad-job-file')
    const path = join(folder(), 'folder.ts')
    mkdirSync(path)
    await rejects(loadJob(path), 'invalid', 'bad-job-file')
    await rejects(loadJob(new URL('https://example.org/job.ts')), 'invalid', 'bad-job-file')
    for (const given of [undefined, null, 7, {}])
      await rejects(loadJob(given as never), 'invalid', 'bad-job-file')
  })

  for (const extension of ['ts', 'mjs', 'js']) {
    it(`names file and line of what is wrong in a .${extension} file`, async () => {
      const syntax = file(`job.${extension}`, `${header}export const one = = 2\n`)
      const error = await rejects(loadJob(syntax), 'invalid', 'job-syntax')
      expect(error.message).to.contain(`${syntax}:5:`).and.not.contain('\n')

      const failing = file(`job.${extension}`, `${header}\nexport const one = clicks.no.such\n`)
      const failed = await rejects(loadJob(failing), 'invalid', 'job-failed')
      expect(failed.message).to.contain(`${failing}:6:`).and.contain(`reading 'such'`)

      const broken = file(
        `job.${extension}`,
        `${header}export const one = keyed('j').apply('a', idle).apply('a', idle)\n`,
      )
      const rule = await rejects(loadJob(broken), 'invalid', 'duplicate-uid')
      expect(rule.message).to.contain(`${broken}:5: job j: operator a`)
    })

    it(`names what a .${extension} file could not import`, async () => {
      const missing = file(`job.${extension}`, `import { x } from './nowhere.js'\nexport const one = x\n`)
      const error = await rejects(loadJob(missing), 'invalid', 'job-import')
      expect(error.message).to.contain(missing).and.contain('nowhere.js')
      const other = file(
        `job.${extension}`,
        `import { x } from 'no-such-package-anywhere'\nexport const one = x\n`,
      )
      expect((await rejects(loadJob(other), 'invalid', 'job-import')).message).to.contain(
        'no-such-package-anywhere',
      )
    })
  }

  it('fails again when it is asked again', async () => {
    const path = file('job.ts', `throw new Error('each time')`)
    for (let i = 0; i < 2; i++) {
      expect((await rejects(loadJob(path), 'invalid', 'job-failed')).message).to.contain('each time')
    }
  })

  it('takes what was thrown, whatever it is', async () => {
    const path = file('job.ts', `throw 'a string'`)
    expect((await rejects(loadJob(path), 'invalid', 'job-failed')).message).to.contain('a string')
  })
})
