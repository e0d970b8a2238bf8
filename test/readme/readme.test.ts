// README.md is true: its program compiles and runs, its commands do what it shows, its links lead somewhere.
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readmeBlock, runCommands, runMain, writeProgram } from '../../tools/readme.ts'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { installIn } from './install.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('README', () => {
  const world = sharedFolder()
  const folder = tempFolders()

  /** With the job and the program beside it. */
  function programIn(folder: string): string {
    writeProgram(folder, 'job.ts')
    writeProgram(folder, 'main.ts')
    return installIn(folder)
  }

  it('its commands print what it shows', async () => {
    const bin = programIn(world())
    await runCommands(world(), 'data', bin)
    const outputs = await runCommands(world(), 'commands', bin)
    expect(stable(outputs.get('plan')!)).to.equal(stable(readmeBlock('text plan')))
    expect(stable(outputs.get('show')!)).to.equal(stable(readmeBlock('text show')))
    expect(outputs.get('get')).to.match(/total +value +50\n/)
    const totals = readFileSync(join(world(), 'totals.ndjson'), 'utf8')
    expect(totals.trimEnd().split('\n').toSorted()).to.deep.equal(december)
  })

  it('its program runs over the same data, with the same results', async () => {
    const here = folder()
    await runCommands(here, 'data', programIn(here))
    const totals = await runMain(here, december.length)
    expect(totals.trimEnd().split('\n').toSorted()).to.deep.equal(december)
  })

  it('its program compiles, and not with a wrong name', async () => {
    const here = folder()
    programIn(here)
    await compile(here)
    const wrong = readmeBlock('ts main.ts').replace('log: { purchases:', 'log: { sales:')
    expect(wrong).to.not.equal(readmeBlock('ts main.ts'))
    writeFileSync(join(here, 'main.ts'), wrong)
    const failure = await compile(here).then(
      () => '',
      (error: unknown) => (error as { readonly stdout: string }).stdout,
    )
    expect(failure).to.match(/main\.ts\(5,\d+\): error .*'sales'/)
  })

  it('is short, and its links lead to files', () => {
    const text = readFileSync(join(root, 'README.md'), 'utf8')
    expect(text.split('\n').length).to.be.below(250)
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)\)/g))
      expect(existsSync(join(root, target!)), target).to.be.true
  })
})

/** What the two purchases of December lead to: by hand, from the data in README.md. */
const december = ['{"customer":"ann","total":50}', '{"customer":"dan","total":30}']

/** Output without what differs from run to run. */
function stable(text: string): string {
  return text
    .replaceAll(/\S*\/(?=checkpoints\/manifests)/g, '')
    .replaceAll(/"path":"[^"]*\/(?=[^"/]+")/g, '"path":"')
    .replaceAll(/created( +)\S+/g, 'created$1TIME')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'DIGEST')
    .replaceAll(/\b[0-9a-f]{32}\b/g, 'ID')
    .replaceAll(/\b[0-9a-f]{12}\b/g, 'SHORT')
}

async function compile(folder: string): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const settings = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck']
  const files = ['--allowImportingTsExtensions', 'main.ts']
  await promisify(execFile)(process.execPath, [tsc, ...settings, ...files], { cwd: folder })
}
