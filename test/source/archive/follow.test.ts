/** The archive that goes on while the log grows, on the file log; test/kafka/archive-follow.test.ts does it on topics. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Coverage } from '../../../src/bootstrap/coverage.ts'
import { valueReader } from '../../../src/codec/column-reader.ts'
import { fieldsOf } from '../../../src/record/record.ts'
import { t } from '../../../src/record/type.ts'
import { archive } from '../../../src/source/archive/archive.ts'
import { followArchive, type FollowReport, type FollowRequest } from '../../../src/source/archive/follow.ts'
import { createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { trimLog } from '../../../src/source/file-log/trim.ts'
import { parquet } from '../../../src/source/parquet.ts'
import { startChild } from '../../child.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { at, numbers } from '../log-contract.ts'

describe('archive --follow', () => {
  const tempFolder = tempFolders()

  interface Place {
    readonly dir: string
    readonly to: string
    append(partition: number, values: readonly unknown[]): Promise<void>
    /** Parquet files by name. */
    files(): string[]
    hidden(): string[]
  }

  async function newPlace(partitions: number = 1, declared: boolean = true): Promise<Place> {
    const folder = tempFolder()
    const [dir, to] = [join(folder, 'sales'), join(folder, 'history')]
    await createFileLog(dir, { partitions, ...(declared && { schema: { n: t.int32() } }) })
    const names = (): string[] => readdirSync(to).sort()
    return {
      dir,
      to,
      append: async (partition, values) => {
        const writer = await openFileLogWriter(dir)
        await writer.append(
          partition,
          values.map(value => ({ value, time: 1000 })),
        )
        await writer.roll()
        await writer.close()
      },
      files: () => names().filter(name => !name.startsWith('.')),
      hidden: () => names().filter(name => name.startsWith('.')),
    }
  }

  const counted = (from: number, to: number): { n: number }[] => numbers(from, to).map(n => ({ n }))

  /** A running archiver. */
  interface Following {
    readonly report: Promise<FollowReport>
    /** Ends once so many offsets of a partition are archived. */
    reached(partition: number, next: number): Promise<void>
    stop(): Promise<FollowReport>
  }

  function start({ dir, to }: Place, options: Partial<FollowRequest> = {}): Following {
    const stop = new AbortController()
    let seen: ReadonlyMap<number, number> = new Map()
    let wake = (): void => undefined
    const report = followArchive({
      log: fileLog(dir, { pollMs: 10 }),
      to,
      signal: stop.signal,
      ...options,
      onProgress: ({ next }) => {
        seen = next
        wake()
      },
    })
    return {
      report,
      reached: async (partition, next) => {
        while ((seen.get(partition) ?? -1) < next) {
          await Promise.race([report, new Promise<void>(resolve => (wake = resolve))])
        }
      },
      stop: () => {
        stop.abort()
        return report
      },
    }
  }

  const rangesOf = (names: readonly string[]): string[] =>
    names.map(name => name.replace(/^sales-(p\d+)-0*(\d+)-0*(\d+)(?=\.)/, '$1 $2-$3').replace('.parquet', ''))

  const all = async ({ to }: Place, select: string = 'n'): Promise<unknown[]> => {
    const files = `read_parquet('${to}/*.parquet', union_by_name = true)`
    const rows = await duckdb(`SELECT ${select} AS v FROM ${files} ORDER BY _partition, _offset`)
    return rows.map(({ v }) => v)
  }

  it('writes a file when it is full or old enough, and the rest when it stops', async () => {
    const place = await newPlace(2)
    await place.append(0, counted(0, 25))
    const following = start(place, { rollRecords: 10, rollEveryMs: 3_600_000 })
    await following.reached(0, 20)
    await place.append(0, counted(25, 31))
    await following.reached(0, 30)
    expect(rangesOf(place.files())).to.deep.equal(['p0 0-0', 'p0 0-10', 'p0 10-20', 'p0 20-30', 'p1 0-0'])
    const { rows, files, next } = await following.stop()
    expect([rows, files, [...next]]).to.deep.equal([31, 6, [[0, 31], [1, 0]]]) // prettier-ignore
    expect(await all(place)).to.deep.equal(numbers(0, 31))

    const aged = start(place, { rollEveryMs: 30 })
    await place.append(1, counted(0, 3))
    await aged.reached(1, 3)
    await place.append(1, counted(3, 4))
    await aged.reached(1, 4)
    await aged.stop()
    expect(await all(place)).to.deep.equal([...numbers(0, 31), ...numbers(0, 4)])
    expect(place.hidden()).to.deep.equal([])
  })

  it('by bytes of its columns, too', async () => {
    const place = await newPlace()
    await place.append(0, counted(0, 5))
    const following = start(place, { rollBytes: 1 })
    await following.reached(0, 5)
    expect((await following.stop()).files).to.equal(2)
  })

  it('killed, with the log trimmed behind it, it goes on: each record once', async () => {
    const place = await newPlace()
    await place.append(0, counted(0, 100))
    await place.append(0, counted(100, 150))
    const child = startChild(new URL('follow-child.ts', import.meta.url), place.dir, place.to)
    while ((await child.nextLine()) !== '0 100');
    await place.append(0, counted(150, 300))
    await trimLog(place.dir, { positions: at(0, 100) })
    expect((await fileLog(place.dir).describe()).partitions[0]?.earliest).to.equal(100)
    await child.kill()
    const following = start(place, { rollRecords: 20, rollEveryMs: 30 })
    await following.reached(0, 300)
    await following.stop()
    expect(await all(place)).to.deep.equal(numbers(0, 300))
    expect(place.hidden()).to.deep.equal([])
  })

  it('of two at once the second is refused; one that was paused and taken for dead changes nothing', async () => {
    const place = await newPlace()
    const paused = startChild(new URL('follow-child.ts', import.meta.url), place.dir, place.to, '1000000')
    expect(await paused.nextLine()).to.equal('0 0')
    const error = await rejects(
      archive({ log: fileLog(place.dir), to: place.to }),
      'conflict',
      'archive-locked',
    )
    expect(error.message).to.match(/process \d+ on .* archives to it/)
    paused.signal('SIGSTOP')
    await place.append(0, counted(0, 10))
    for (const name of place.hidden()) rmSync(join(place.to, name)) // as where its machine was silent for long
    const successor = start(place, { rollRecords: 5 })
    await successor.reached(0, 10)
    paused.signal('SIGCONT')
    expect(await paused.nextLine()).to.equal('lost-ownership')
    await place.append(0, counted(10, 15))
    await successor.reached(0, 15)
    await successor.stop()
    expect(await all(place)).to.deep.equal(numbers(0, 15))
    expect(rangesOf(place.files())).to.deep.equal(['p0 0-0', 'p0 0-5', 'p0 5-10', 'p0 10-15'])
  })

  it('refuses what was trimmed before it was archived, or records it for ever, and a bootstrap finds the hole', async () => {
    const place = await newPlace(2)
    await place.append(0, counted(0, 5))
    const first = start(place)
    await first.reached(1, 0)
    await first.stop()
    await place.append(0, counted(5, 8))
    await place.append(0, counted(8, 9))
    await trimLog(place.dir, { positions: at(0, 8) })
    const error = await rejects(start(place).report, 'data', 'gap')
    expect(error.message).to.contain('[5, 8)').and.to.contain('--on-gap earliest')
    await rejects(archive({ log: fileLog(place.dir), to: place.to }), 'data', 'gap')

    const following = start(place, { onGap: 'earliest' })
    await following.reached(0, 8)
    const { lost, next } = await following.stop()
    expect(lost.map(({ partition, from, to }) => [partition, from, to])).to.deep.equal([[0, 5, 8]])
    expect(next.get(0)).to.equal(9)
    expect(place.files()).to.include(
      `sales-p0-${'5'.padStart(20, '0')}-${'8'.padStart(20, '0')}.lost.parquet`,
    )
    const again = await archive({ log: fileLog(place.dir), to: place.to })
    expect(again.lost).to.deep.equal(lost)
    expect(await all(place)).to.deep.equal([0, 1, 2, 3, 4, 8])
    const plan = await parquet(place.to).plan({ source: 'sales', fields: fieldsOf({ n: t.int32() }) })
    const coverage = new Coverage(plan.files).partitions()
    expect(coverage.map(({ holes, next: end }) => [holes, end])).to.deep.equal([[[[5, 8]], 9], [[], 0]]) // prettier-ignore
  })

  it('keeps values that its columns can’t hold as they are, and history reads them as the log would', async () => {
    const place = await newPlace(1, false)
    await place.append(0, [...Array.from({ length: 1000 }, (_, n) => ({ n }))])
    const following = start(place, { rollEveryMs: 10 })
    await following.reached(0, 1000)
    await place.append(0, [{ n: 1000, more: 'x' }, { n: 1.5 }, null])
    await following.reached(0, 1003)
    expect((await following.stop()).raw).to.equal(3)
    expect(await all(place, 'coalesce(_raw, n::VARCHAR)').then(values => values.slice(999))).to.deep.equal([
      '999',
      '{"n":1000,"more":"x"}',
      '{"n":1.5}',
      'null',
    ])
    const fields = fieldsOf({ n: t.float64() })
    const plan = await parquet(place.to).plan({ source: 'sales', fields })
    const values: unknown[] = []
    for await (const { batch, offsets } of plan.read()) {
      const n = valueReader(batch.columns.get('n')!)
      for (let row = 0; row < batch.length; row++) if (offsets![row]! >= 999 && offsets![row]! < 1002) values.push(n(row)) // prettier-ignore
    }
    expect(values).to.deep.equal([999, 1000, 1.5])
  })
})
