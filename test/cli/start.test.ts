// What a command loads before it does anything: little, since every millisecond of it is waited for.
import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { program } from './headwater.ts'

const dist = dirname(program)

/** What is imported before the first line of the file runs: files of dist by their names, and packages. */
function staticImports(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(join(dist, file), 'utf8')
  for (const [, target] of text.matchAll(/^(?:import|export)\b[^'"();]*?["']([^'"]+)["'];?$/gm)) {
    if (target!.startsWith('./')) staticImports(target!.slice(2), seen)
    else if (!target!.startsWith('node:')) seen.add(target!)
  }
  return seen
}

function isBuiltin(name: string): boolean {
  return [
    'assert',
    'crypto',
    'events',
    'fs',
    'module',
    'os',
    'path',
    'process',
    'stream',
    'url',
    'util',
  ].includes(name)
}

const packagesOf = (files: ReadonlySet<string>): string[] =>
  [...files].filter(name => !name.endsWith('.js') && !isBuiltin(name))
const holdsArrow = (files: ReadonlySet<string>): boolean =>
  [...files].some(
    name => name.endsWith('.js') && readFileSync(join(dist, name), 'utf8').includes('RecordBatchFileReader'),
  )

describe('command line: what is loaded', () => {
  it('at the start: no package beside the parser, and not apache-arrow', () => {
    for (const entry of ['cli.js', 'looking.js', 'every-command.js']) {
      const files = staticImports(entry)
      expect(packagesOf(files), entry).to.deep.equal([])
      expect(holdsArrow(files), entry).to.be.false
    }
  })

  it('by a command that is given well: not yargs', () => {
    const holdsYargs = (files: ReadonlySet<string>): boolean =>
      [...files].some(
        name => name.endsWith('.js') && readFileSync(join(dist, name), 'utf8').includes('YargsInstance'),
      )
    for (const entry of ['looking.js', 'every-command.js'])
      expect(holdsYargs(staticImports(entry)), entry).to.be.false
    expect(holdsYargs(new Set(readdirSync(dist)))).to.be.true
  })

  it('by a command that looks into a savepoint: one file', () => {
    expect([...staticImports('looking.js')].filter(name => name.endsWith('.js'))).to.deep.equal([
      'looking.js',
    ])
  })

  it('by run and by a job file: not apache-arrow, nor any other package', () => {
    const runs = readdirSync(dist).filter(name => /^run-\w+\.js$/.test(name))
    expect(runs).to.not.be.empty
    for (const entry of [...runs, 'index.js']) {
      expect(packagesOf(staticImports(entry)), entry).to.deep.equal([])
      expect(holdsArrow(staticImports(entry)), entry).to.be.false
    }
  })

  it('is found where it is: bootstrap comes to apache-arrow', () => {
    const all = new Set(readdirSync(dist).filter(name => name.endsWith('.js')))
    expect(holdsArrow(all)).to.be.true
    expect([...staticImports('every-command.js')].length).to.be.above(1)
  })
})
