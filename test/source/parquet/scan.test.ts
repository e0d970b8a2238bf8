import { execFile } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import type { HistoryBatch, HistoryPlan } from '../../../src/source/history.ts'
import { duckdb } from '../../duckdb.ts'
import { tempFolders } from '../../temp-folder.ts'
import { batchesOf, planOf } from './reading.ts'

const schema = { n: t.int64() }

describe('reading a history', () => {
  const tempFolder = tempFolders()

  async function fileOf(rows: number, cwd = tempFolder()): Promise<string> {
    await duckdb(
      `COPY (SELECT range AS n FROM range(${rows})) TO '${cwd}/a.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    )
    return cwd
  }

  /** Open descriptors of files in that folder. */
  function openFiles(cwd: string): string[] {
    return readdirSync('/proc/self/fd').flatMap(fd => {
      try {
        const path = readlinkSync(`/proc/self/fd/${fd}`)
        return path.startsWith(cwd) ? [path] : []
      } catch {
        return [] // closed meanwhile
      }
    })
  }

  it('ends with the reason of an aborted signal', async () => {
    const plan = await planOf('a.parquet', schema, { cwd: await fileOf(100_000) })
    const reason = new Error('enough')
    const early = AbortSignal.abort(reason)
    expect(await caught(plan, early)).to.equal(reason)
    const controller = new AbortController()
    const batches: HistoryBatch[] = []
    expect(
      await caught(plan, controller.signal, batch => {
        if (batches.push(batch) === 3) controller.abort(reason)
      }),
    ).to.equal(reason)
    expect(batches.length).to.equal(3)
  })

  async function caught(
    plan: HistoryPlan,
    signal: AbortSignal,
    onBatch: (batch: HistoryBatch) => void = () => undefined,
  ): Promise<unknown> {
    try {
      for await (const batch of plan.read(signal)) onBatch(batch)
      return null
    } catch (error) {
      return error
    }
  }

  it('leaves no file open, however it ends', async function () {
    if (process.platform !== 'linux') return this.skip()
    const cwd = await fileOf(100_000)
    const plan = await planOf('a.parquet', schema, { cwd })
    expect(openFiles(cwd)).to.deep.equal([])
    for await (const _ of plan.read()) break
    await caught(plan, AbortSignal.abort())
    await batchesOf(plan)
    // A thread that waits for the next reader closes its file when it hears that it may.
    await batchesOf(await planOf('a.parquet', schema, { cwd: await fileOf(1) }))
    expect(openFiles(cwd)).to.deep.equal([])
  })

  it('can be done twice, and at the same time', async () => {
    const plan = await planOf('a.parquet', schema, { cwd: await fileOf(10_000) })
    const sums = await Promise.all([1, 2, 3].map(async () => sumOf(await batchesOf(plan))))
    expect([...sums, sumOf(await batchesOf(plan))]).to.deep.equal(Array(4).fill(49_995_000n))
  })

  function sumOf(batches: readonly HistoryBatch[]): bigint {
    let sum = 0n
    for (const { batch } of batches) for (const n of batch.columns.get('n')!.values as BigInt64Array) sum += n
    return sum
  }

  it('gives buffers that stay as they are', async () => {
    const plan = await planOf('a.parquet', schema, { cwd: await fileOf(10_000) })
    const sums: bigint[] = []
    const batches: HistoryBatch[] = []
    for await (const batch of plan.read()) {
      sums.push(sumOf([batch]))
      batches.push(batch)
    }
    expect(batches.map(batch => sumOf([batch]))).to.deep.equal(sums)
  })

  it('keeps no process alive that has forgotten it', async () => {
    const cwd = await fileOf(100_000)
    const program = fileURLToPath(new URL('./abandoned-child.ts', import.meta.url))
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, [...process.execArgv, program, `${cwd}/a.parquet`], {
      timeout: 30_000,
    })
    expect(stdout).to.equal('2048\n')
  })
})
