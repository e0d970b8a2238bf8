import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { query, type QueryValue } from '../../../src/savepoint/query/query.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'

const golden = fileURLToPath(new URL('../../../fixtures/savepoints/v1/flat', import.meta.url))

describe('query', () => {
  const folderOf = tempFolders()

  async function rowsOf(
    sql: string,
    cacheFolder: string,
    cacheBytes?: number,
  ): Promise<readonly QueryValue[][]> {
    const result = await query(golden, sql, { cacheFolder, cacheBytes })
    const all: QueryValue[][] = [[...result.columns]]
    for await (const piece of result.rows()) all.push(...piece.map(row => [...row]))
    return all
  }

  it('joins states with each other and with files beside them', async () => {
    const folder = folderOf()
    writeFileSync(`${folder}/names.csv`, 'name,person\nanna,Anna A\ncarla,Carla C\n')
    const sql = `
      select person, a."value 4" as big, b."value 0" as yes
      from "values.value 4" a join "values.value 0" b using (name) join '${folder}/names.csv' using (name)
      order by person`
    expect(await rowsOf(sql, `${folder}/cache`)).to.deep.equal([
      ['person', 'big', 'yes'],
      ['Anna A', '-9223372036854775808', true],
      ['Carla C', '0', true],
    ])
  })

  it('keeps a state’s file for its user alone, makes it once, and gives way to newer ones', async () => {
    const folder = folderOf()
    const cache = `${folder}/cache`
    mkdirSync(cache, { mode: 0o755 })
    await rowsOf('select count(*) from "keys 0.total"', cache)
    expect(statSync(cache).mode & 0o777).to.equal(0o700)
    const [first] = readdirSync(cache)
    const made = statSync(`${cache}/${first}`)
    await rowsOf('select count(*) from "keys 0.total"', cache)
    expect(statSync(`${cache}/${first}`).ino).to.equal(made.ino)
    await rowsOf('select count(*) from "keys 1.total"', cache, 1)
    expect(readdirSync(cache)).to.have.length(1).and.not.to.include(first)
  })

  it('says what is wrong with the SQL', async () => {
    const folder = folderOf()
    const error = await rejects(rowsOf('select nothing from "keys 0.total"', folder), 'invalid', 'bad-query')
    expect(error.message).to.match(/nothing/)
    await rejects(rowsOf('selec 1', folder), 'invalid', 'bad-query')
  })
})
