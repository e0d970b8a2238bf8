/** Rules of the repository that no linter has. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtinModules } from 'node:module'
import { expect } from 'chai'

/** All files below a folder with that ending. */
function filesBelow(folder: string, ending: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter(name => name.endsWith(ending)).map(name => join(folder, name))
}

/** Module names that a TypeScript file imports, statically or when called. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const found = text.matchAll(/^(?:import|export)[^'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm)
  return [...found].map(match => (match[1] ?? match[2]) as string)
}

describe('the repository', () => {
  it('imports each third-party package in one file only', () => {
    const importers = new Map<string, Set<string>>()
    for (const file of filesBelow('src', '.ts')) {
      if (file.endsWith('.d.ts')) continue
      for (const name of importsOf(file)) {
        if (name.startsWith('.') || name.startsWith('node:') || builtinModules.includes(name)) continue
        const parts = name.split('/')
        const owner = parts.slice(0, name.startsWith('@') ? 2 : 1).join('/')
        importers.set(owner, (importers.get(owner) ?? new Set()).add(file))
      }
    }
    expect([...importers.keys()]).to.include.members([
      'apache-arrow',
      'parquet-wasm',
      'hyparquet',
      'yargs',
      'jiti',
    ])
    for (const [name, files] of importers) expect([...files], name).to.have.length(1)
  })

  it('finds imports where there are some', () => {
    expect(importsOf('src/bootstrap/bootstrap.ts')).to.include.members(['../clock.ts', './bounded-run.ts'])
  })

  it('has a lock file without addresses', () => {
    const lock = readFileSync('package-lock.json', 'utf8')
    expect(lock).not.to.match(/"resolved"|registry\./)
  })

  it('names no path of the machine that it was made on', () => {
    const texts = ['src', 'test', 'tools'].flatMap(folder => filesBelow(folder, '.ts'))
    for (const file of [...texts, 'README.md', 'package.json']) {
      expect(readFileSync(file, 'utf8'), file).not.to.match(/\/(?:work|home|root|Users)\/[a-z]/)
    }
  })
})
