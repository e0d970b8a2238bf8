import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { outcomesOf } from './outcomes.ts'
import { batchesOf, planOf } from './reading.ts'

const collection = join(import.meta.dirname, '../../../fixtures/parquet-testing')
const schema = { n: t.int64(), s: t.string() }

describe('damaged files', () => {
  const tempFolder = tempFolders()

  /** A file of `rows` rows in row groups of 2,048, written by DuckDB. */
  async function fileOf(rows: number, cwd = tempFolder()): Promise<string> {
    await duckdb(
      `COPY (SELECT range AS n, 'text ' || range % 1000 AS s FROM range(${rows}))
       TO '${cwd}/a.parquet' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 2048)`,
    )
    return cwd
  }

  it('that lost their end are called truncated, wherever it was lost', async () => {
    const cwd = await fileOf(5000)
    const whole = readFileSync(join(cwd, 'a.parquet'))
    const footerBytes = whole.readUInt32LE(whole.length - 8)
    const lengths = [
      whole.length - 1,
      whole.length - 7,
      whole.length - 8 - footerBytes,
      whole.length >> 1,
      100,
      12,
      5,
    ]
    for (const length of lengths) {
      writeFileSync(join(cwd, 'a.parquet'), whole.subarray(0, length))
      const error = await rejects(planOf('a.parquet', schema, { cwd }), 'data', 'truncated-file')
      expect(error.thing, `${length} bytes`).to.equal('a.parquet')
    }
  })

  it('that are something else are called that', async () => {
    const cwd = tempFolder()
    for (const content of ['', 'x', 'a,b\n1,2\n', '{"a":1}\n'.repeat(1000)]) {
      writeFileSync(join(cwd, 'a.parquet'), content)
      await rejects(planOf('a.parquet', schema, { cwd }), 'data', 'not-parquet')
    }
  })

  it('with a footer length beyond the file are called truncated', async () => {
    const cwd = await fileOf(10)
    const bytes = readFileSync(join(cwd, 'a.parquet'))
    bytes.writeUInt32LE(bytes.length, bytes.length - 8)
    writeFileSync(join(cwd, 'a.parquet'), bytes)
    await rejects(planOf('a.parquet', schema, { cwd }), 'data', 'truncated-file')
  })

  it('give rows or a data error, whichever byte is wrong', async () => {
    const cwd = tempFolder()
    const names = ['alltypes_plain.snappy', 'datapage_v2.snappy', 'delta_byte_array', 'sort_columns']
    for (const name of names) {
      const whole = readFileSync(join(collection, 'data', `${name}.parquet`))
      for (let variant = 0; variant < 6; variant++) {
        const flipped = Buffer.from(whole)
        // Two in the pages, two in the footer's first half, two in its second, for a file whose footer is most of it.
        const at = Math.floor((whole.length * (variant + 0.5)) / 6)
        flipped[at]! ^= 0x55
        writeFileSync(join(cwd, `${name}-flip-${variant}.parquet`), flipped)
      }
      const hole = Math.floor(whole.length / 4)
      const holed = Buffer.concat([whole.subarray(0, hole), whole.subarray(hole + 10)])
      writeFileSync(join(cwd, `${name}-hole.parquet`), holed)
    }
    const files = readdirSync(cwd).sort()
    const outcomes = await outcomesOf(files, cwd, 5_000)
    expect([...outcomes.keys()]).to.deep.equal(files)
    const found = [...outcomes.values()]
    for (const outcome of found) {
      if (typeof outcome === 'string') expect(outcome).to.match(/^data (corrupt|truncated|encrypted)-file$/)
    }
    // The damage is real: some of it must be seen, and by both the footer's reader and the decoder.
    expect(found.filter(outcome => typeof outcome === 'string').length).to.be.greaterThan(files.length / 4)
  })

  it('are named with the row group that can not be decoded, and the rows before it are read', async () => {
    const cwd = await fileOf(10_000)
    const whole = readFileSync(join(cwd, 'a.parquet'))
    whole.fill(0xff, Math.floor(whole.length * 0.5), Math.floor(whole.length * 0.5) + 400)
    writeFileSync(join(cwd, 'a.parquet'), whole)
    const plan = await planOf('a.parquet', schema, { cwd })
    const groups: number[] = []
    const read = async (): Promise<void> => {
      for await (const batch of plan.read()) groups.push(batch.rowGroup)
    }
    const error = await rejects(read(), 'data', 'corrupt-file')
    expect(groups.length).to.be.greaterThan(0)
    expect(error.thing).to.equal(`a.parquet row group ${groups.length}`)
    expect(groups).to.deep.equal(groups.map((_, i) => i))
  })

  it('that take longer than their deadline are given up, and the next is read', async () => {
    const trap = await planOf(join(collection, 'data/nation.dict-malformed.parquet'), { name: t.bytes() })
    await rejects(batchesOf(trap), 'data', 'corrupt-file') // now no decode thread is waiting
    const cwd = await fileOf(10)
    const late = batchesOf(await planOf('a.parquet', schema, { cwd, decodeDeadlineMs: 0 }))
    expect((await rejects(late, 'data', 'corrupt-file')).found).to.match(/^no result within \d+ ms$/)
    expect((await batchesOf(await planOf('a.parquet', schema, { cwd })))[0]?.batch.length).to.equal(10)
  })

  it('can hold no more than their bytes: a chunk past the end is refused at once', async () => {
    const path = join(collection, 'bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet')
    const error = await rejects(planOf(path, {}), 'data', 'corrupt-file')
    expect(error.found).to.match(/^a column chunk that ends at byte \d+ of 533$/)
  })

  describe('that change under the run', () => {
    const long = 400_000 // rows: more than are decoded ahead

    async function changedAfter(
      change: (path: string, cwd: string) => void,
      when: 'plan' | 'first batch',
    ): Promise<void> {
      const cwd = await fileOf(when === 'plan' ? 10 : long)
      const path = join(cwd, 'a.parquet')
      const plan = await planOf('a.parquet', schema, { cwd })
      const read = async (): Promise<void> => {
        if (when === 'plan') change(path, cwd)
        let batches = 0
        for await (const _ of plan.read()) if (when === 'first batch' && ++batches === 1) change(path, cwd)
      }
      const error = await rejects(read(), 'conflict', 'file-changed')
      expect(error.thing).to.equal('a.parquet')
    }

    it('are refused when one was appended to before it was read', () =>
      changedAfter(path => appendFileSync(path, 'x'), 'plan'))

    it('are refused when one was written again with another footer of the same size and time', async () => {
      const cwd = await fileOf(10)
      const path = join(cwd, 'a.parquet')
      utimesSync(path, 1_000, 1_000)
      const plan = await planOf('a.parquet', schema, { cwd })
      const bytes = readFileSync(path)
      bytes[bytes.length - 20]! ^= 1
      writeFileSync(path, bytes)
      utimesSync(path, 1_000, 1_000)
      const error = await rejects(batchesOf(plan), 'conflict', 'file-changed')
      expect(error.found).to.equal('other bytes')
    })

    it('are refused when one is gone', () => changedAfter(path => rmSync(path), 'plan'))

    it('are refused when one is appended to, cut, replaced or removed while it is read', async () => {
      await changedAfter(path => appendFileSync(path, 'x'), 'first batch')
      await changedAfter(path => truncateSync(path, 5000), 'first batch')
      await changedAfter((path, cwd) => {
        copyFileSync(path, join(cwd, 'b'))
        renameSync(join(cwd, 'b'), path)
      }, 'first batch')
      await changedAfter(path => rmSync(path), 'first batch')
    })
  })

  it('that can not be opened are unavailable, which is not corrupt', async () => {
    const cwd = tempFolder()
    symlinkSync('a.parquet', join(cwd, 'a.parquet')) // a link to itself: it is there, and can't be opened
    expect(
      (await rejects(planOf('*.parquet', schema, { cwd }), 'unavailable', 'unreadable-file')).found,
    ).to.contain('ELOOP')
    const later = await fileOf(10)
    const plan = await planOf('a.parquet', schema, { cwd: later })
    rmSync(join(later, 'a.parquet'))
    symlinkSync('a.parquet', join(later, 'a.parquet'))
    expect((await rejects(batchesOf(plan), 'unavailable', 'unreadable-file')).found).to.contain('ELOOP')
    mkdirSync(join(cwd, 'b'))
    symlinkSync('a.parquet', join(cwd, 'b/b.parquet'))
    await rejects(planOf('b', schema, { cwd }), 'unavailable', 'unreadable-file')
  })
})
