/** L10 with bad records and tombstones: those of an archive are the same ones, with the same effect, as on the log. */
import { join } from 'node:path'
import { expect } from 'chai'
import { job } from '../../src/job/builder.ts'
import type { Schema } from '../../src/record/record.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import type { BadRecords } from '../../src/source/source.ts'
import { value } from '../../src/state/state.ts'
import { duckdb } from '../duckdb.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { begin, bootstrapFrom, entries, runToEnd, worldLog, type Value } from './world.ts'

const whole = { k: t.optional(t.string()), n: t.optional(t.int32()), at: t.optional(t.timestamp('ms')) }
const strict = { k: t.string(), n: t.int32(), at: t.timestamp('ms') }

/** Keeps what each key has seen, with the clock before it. */
function counting(badRecords: BadRecords, schema: Schema = strict) {
  return job('counting')
    .from(source('s', { schema, badRecords, eventTime: 'at' as never }))
    .keyBy(t.string(), record => (record['k'] as string | null) ?? 'none')
    .apply('count', {
      state: { seen: value(t.string(), '') },
      onRecord: (record, { seen }, out) =>
        seen.set(`${seen.get()} ${(record['n'] as number | undefined | null) ?? '-'}@${out.watermark}`),
    })
}

const records = [
  { k: 'a', n: 1, at: 10 },
  { k: 'a', n: 'two', at: 20 },
  null,
  { k: 'b', n: 3, at: 30 },
  { k: 'b', at: 40 },
  [1, 2],
  { k: 7, n: 5, at: 50 },
  { k: 'a', n: 2 ** 40, at: 60 },
  { k: 'a', n: 6, at: 70 },
  { k: 'b', n: 7, at: 80 },
] as unknown as readonly Value[]

describe('bad records that were archived', () => {
  const newFolder = tempFolders()

  async function outcome(badRecords: BadRecords, cut: number, schema: Schema, archived: Schema = schema) {
    const folder = newFolder()
    const log = await worldLog(folder, 's', archived, 1)
    await log.append(0, ...records)
    const made = counting(badRecords, schema)
    if (cut === 0) await begin(made, folder)
    else await log.archive(cut).then(() => bootstrapFrom(made, folder))
    const { savepoint } = await runToEnd(made, folder, { from: join(folder, 'savepoint') })
    const { counts, stateDigest, sources } = savepoint.manifest
    const { rows, bad, late } = counts.sources[0]!
    const { next, runningMax } = sources[0]!.partitions[0]!
    return { seen: await entries(savepoint, 'count', 'seen'), rows, bad, late, next, runningMax, stateDigest }
  }

  it('are skipped and counted as they are on the log, wherever the cut is', async () => {
    const live = await outcome('skip', 0, strict)
    expect(live).to.include({ rows: 4, bad: 6, runningMax: 80 })
    for (const cut of [1, 3, 7, 10]) {
      expect(await outcome('skip', cut, strict), `cut ${cut}`).to.deep.equal(live)
    }
  })

  it('are no rows of nulls where every field is optional', async () => {
    const live = await outcome('skip', 0, whole)
    expect(live).to.include({ bad: 5 })
    for (const cut of [4, 10]) expect(await outcome('skip', cut, whole), `cut ${cut}`).to.deep.equal(live)
  })

  it('are records to a job that does not read the field that is wrong', async () => {
    const narrow = { k: t.string(), at: t.timestamp('ms') }
    const live = await outcome('skip', 0, narrow, strict)
    expect(live).to.include({ rows: 7, bad: 3 })
    for (const cut of [4, 10]) {
      expect(await outcome('skip', cut, narrow, strict), `cut ${cut}`).to.deep.equal(live)
    }
  })

  it('stop a run that does not skip them, with the fault that the log would show', async () => {
    const folder = newFolder()
    const log = await worldLog(folder, 's', strict, 1)
    await log.append(0, ...records)
    await log.archive(2)
    const error = await rejects(bootstrapFrom(counting('stop'), folder), 'data', 'wrong-type')
    expect(error.message).to.contain(`row group 0 row 1: value, field 'n'`).and.to.contain('two')
  })

  it('are kept beside the savepoint', async () => {
    const folder = newFolder()
    const log = await worldLog(folder, 's', strict, 1)
    await log.append(0, ...records)
    await log.archive(10)
    const { manifest } = await bootstrapFrom(counting('keep'), folder)
    expect(manifest.counts.sources[0]).to.include({ rows: 4, bad: 6 })
    const kept = await duckdb(
      `SELECT "offset", code FROM '${folder}/savepoint/bad/*.parquet' ORDER BY "offset"`,
    )
    expect(kept.map(({ offset, code }) => [Number(offset), code])).to.deep.equal([
      [1, 'wrong-type'],
      [2, 'wrong-type'],
      [4, 'missing-field'],
      [5, 'wrong-type'],
      [6, 'wrong-type'],
      [7, 'wrong-type'],
    ])
  })
})
