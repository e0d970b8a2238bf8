import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { comparePaths, findFiles } from '../../../src/source/parquet/find-files.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'

describe('the files of a history', () => {
  const tempFolder = tempFolders()

  function folderWith(...paths: string[]): string {
    const folder = tempFolder()
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), '')
    }
    return folder
  }

  const months = [
    'h/month=2011-01/b.parquet',
    'h/month=2011-01/a.parquet',
    'h/month=2010-12/a.parquet',
    'h/note.txt',
  ]

  it('match *, **, ?, sets and braces, in the order of their folders', async () => {
    const cwd = folderWith(...months)
    const cases: Record<string, string[]> = {
      'h/**/*.parquet': [
        'h/month=2010-12/a.parquet',
        'h/month=2011-01/a.parquet',
        'h/month=2011-01/b.parquet',
      ],
      'h/*/a.parquet': ['h/month=2010-12/a.parquet', 'h/month=2011-01/a.parquet'],
      'h/month=201?-01/*': ['h/month=2011-01/a.parquet', 'h/month=2011-01/b.parquet'],
      'h/*/[b-z].parquet': ['h/month=2011-01/b.parquet'],
      'h/month=2011-01/{b,c}.parquet': ['h/month=2011-01/b.parquet'],
      './h/../h/month=2010-12/a.parquet': ['h/month=2010-12/a.parquet'],
      h: ['h/month=2010-12/a.parquet', 'h/month=2011-01/a.parquet', 'h/month=2011-01/b.parquet'],
      'h/': ['h/month=2010-12/a.parquet', 'h/month=2011-01/a.parquet', 'h/month=2011-01/b.parquet'],
    }
    for (const [pattern, expected] of Object.entries(cases)) {
      expect(await findFiles([pattern], cwd), pattern).to.deep.equal(expected)
    }
  })

  it('are each found once, whatever patterns they match, and can be taken away', async () => {
    const cwd = folderWith(...months)
    expect(await findFiles(['h/*/a.parquet', 'h', '!h/month=2011-01/b.parquet'], cwd)).to.deep.equal([
      'h/month=2010-12/a.parquet',
      'h/month=2011-01/a.parquet',
    ])
  })

  it('have absolute paths where the pattern has', async () => {
    const cwd = folderWith(...months)
    expect(await findFiles([`${cwd}/h/month=2010-12/*`], '/')).to.deep.equal([
      `${cwd}/h/month=2010-12/a.parquet`,
    ])
  })

  it('may have names that look like patterns', async () => {
    const cwd = folderWith('h/[a].parquet', 'h/a.parquet', '{x}/b.parquet')
    expect(await findFiles(['h/[a].parquet'], cwd)).to.deep.equal(['h/[a].parquet'])
    expect(await findFiles(['{x}'], cwd)).to.deep.equal(['{x}/b.parquet'])
  })

  it('are not the hidden ones that writers leave', async () => {
    const cwd = folderWith('h/.a.parquet.1.tmp', 'h/.b.parquet', 'h/a.parquet')
    expect(await findFiles(['h/**'], cwd)).to.deep.equal(['h/a.parquet'])
  })

  it('are refused by pattern where there is none', async () => {
    const cwd = folderWith(...months)
    const error = await rejects(findFiles(['h', 'g/*.parquet'], cwd), 'invalid', 'empty-glob')
    expect(error.message).to.contain(`'g/*.parquet'`).and.to.contain(cwd)
    await rejects(findFiles(['h/month=2009-01/a.parquet'], cwd), 'invalid', 'empty-glob')
    await rejects(findFiles([], cwd), 'invalid', 'empty-glob')
  })

  it('keep links that lead nowhere: opening them tells', async () => {
    const cwd = folderWith('h/a.parquet')
    symlinkSync('nowhere', join(cwd, 'h/b.parquet'))
    symlinkSync('c.parquet', join(cwd, 'h/c.parquet'))
    expect(await findFiles(['h'], cwd)).to.deep.equal(['h/a.parquet', 'h/b.parquet', 'h/c.parquet'])
  })

  it('are ordered segment by segment: a file never stands between those of a folder', () => {
    const paths = ['a-b/x', 'a/y', 'a/x/z', 'a/b', 'B/x', 'a b/c', 'ä/x', 'a']
    expect(paths.sort(comparePaths)).to.deep.equal([
      'B/x',
      'a',
      'a/b',
      'a/x/z',
      'a/y',
      'a b/c',
      'a-b/x',
      'ä/x',
    ])
  })

  it('are ordered the same whatever the order in which they were found', () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'a-', 'ab', 'ü', '0'), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(
        fc.uniqueArray(path.map(segments => segments.join('/'))),
        fc.func(fc.nat()),
        (paths, shuffle) => {
          const shuffled = [...paths].sort((a, b) => shuffle(a) - shuffle(b))
          expect(shuffled.sort(comparePaths)).to.deep.equal([...paths].sort(comparePaths))
        },
      ),
    )
  })
})
