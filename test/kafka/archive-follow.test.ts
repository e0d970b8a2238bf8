/**
 * `archive --follow` of a topic, as a process that is killed again and again, while producers write, some in transactions of
 * which some are aborted, retention trims what is archived, and a job reads the same topic. In the end DuckDB counts in the
 * archive what the Java client read of the topic before it was trimmed.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { hasCode } from '../../src/errors.ts'
import { followArchive } from '../../src/source/archive/follow.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { scan } from '../../src/savepoint/scan-records.ts'
import type { NewRecord, ReadRecord } from '../../tools/kafka/admin.ts'
import { startHeadwater, type Ended, type Running } from '../cli/headwater.ts'
import { duckdb } from '../duckdb.ts'
import { tempFolders } from '../temp-folder.ts'
import { newTopic, sharedBroker } from './support/shared-broker.ts'
import { readerOf } from './source/topic-under-test.ts'

const job = fileURLToPath(new URL('../../fixtures/jobs/payments.js', import.meta.url))

describe('archive --follow of a topic', function () {
  this.timeout(300_000)
  const broker = sharedBroker()
  const { admin } = broker
  const folders = tempFolders()
  const addressOf = (topic: string): string => `kafka://${broker.addresses.plaintext}/${topic}`

  /** A running archiver, and up to where it says that it archived. */
  interface Archiver {
    readonly running: Running
    readonly next: ReadonlyMap<number, number>
    until(reached: () => boolean): Promise<void>
    kill(): Promise<void>
  }

  function start(topic: string, to: string, ...more: readonly string[]): Archiver {
    const roll = ['--roll-records', '400', '--roll-every', '200ms']
    const running = startHeadwater(['archive', '--log', addressOf(topic), '--to', to, '--follow', '--json', ...roll, ...more]) // prettier-ignore
    const next = new Map<number, number>()
    let [rest, wake] = ['', (): void => undefined]
    running.child.stdout.on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const event = JSON.parse(line) as { event: string; partition: number; next: number }
        if (event.event === 'file') next.set(event.partition, event.next)
      }
      wake()
    })
    return {
      running,
      next,
      until: async reached => {
        while (!reached()) {
          const came = new Promise<null>(resolve => (wake = () => resolve(null)))
          const ended = await Promise.race([running.ended, came])
          if (ended !== null && !reached()) throw new Error(`ended early: ${ended.stderr}`)
        }
      },
      kill: async () => {
        running.child.kill('SIGKILL')
        await running.ended
      },
    }
  }

  async function must(args: readonly string[]): Promise<void> {
    const { code, stderr } = await startHeadwater(args).ended
    expect(code, stderr).to.equal(0)
  }

  it('has each committed record once, however often it is killed', async () => {
    const topic = await newTopic(admin, 2)
    const folder = folders()
    const to = join(folder, 'history')
    let number = 0
    const messages = (count: number): NewRecord[] =>
      Array.from({ length: count }, () => ({
        key: `u${number % 50}`,
        partition: number % 2,
        value: JSON.stringify({
          user_id: `u${number % 50}`,
          amount: number,
          ts: 1_700_000_000_000 + number++,
        }),
        time: 1_700_000_000_000 + number,
        headers: number % 3 === 0 ? [['trace', `t${number}`]] : [],
      }))
    const committer = await admin.transactional(`${topic}-1`)
    const aborter = await admin.transactional(`${topic}-2`)
    const stop = new AbortController()
    let transactions = 0
    const write = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await admin.produce(topic, messages(150))
        const producer = ++transactions % 2 === 0 ? aborter : committer
        await producer.begin()
        await producer.send(topic, messages(20))
        await (producer === aborter ? producer.abort() : producer.commit())
      }
    }

    await admin.produce(topic, messages(100))
    await must(['archive', '--log', addressOf(topic), '--to', to, '--job', job])
    await must(['bootstrap', job, '--history', `payments=${to}/*.parquet`, '--into', `${folder}/start`])
    const places = ['--from', `${folder}/start`, '--checkpoints', `${folder}/checkpoints`, '--checkpoint-every', '300ms'] // prettier-ignore
    const run = startHeadwater(['run', job, '--log', `payments=${addressOf(topic)}`, '--sink', `totals=ndjson:${folder}/totals/`, ...places]) // prettier-ignore
    const judged = [0, 1].map((): ReadRecord[] => [])
    const trimmed = [0, 0]
    /** Reads by the Java client what is archived, and lets the topic lose it. The job, which reads no archive any more, must have it. */
    const trim = async (next: ReadonlyMap<number, number>): Promise<void> => {
      await covered(run, folder, next)
      for (const [partition, end] of next) {
        if (end <= trimmed[partition]!) continue
        judged[partition]!.push(
          ...(await admin.read(topic, partition, { from: trimmed[partition]!, until: end })),
        )
        await admin.trim(topic, partition, end)
        trimmed[partition] = end
      }
    }

    const writer = write()
    let archiver = start(topic, to, '--job', job)
    try {
      for (let kills = 0; kills < 5; kills++) {
        const before = Math.max(...trimmed)
        await archiver.until(
          () => Math.min(...[0, 1].map(p => archiver.next.get(p) ?? 0)) > before + 300 + 70 * kills,
        )
        if (kills % 2 === 0) await trim(new Map(archiver.next))
        await archiver.kill()
        archiver = start(topic, to, '--job', job)
      }
    } finally {
      stop.abort()
      await writer
    }
    const { partitions } = await admin.describeTopic(topic)
    await archiver.until(() =>
      partitions.every(({ partition, lastStable }) => (archiver.next.get(partition) ?? 0) >= lastStable),
    )
    archiver.running.child.kill('SIGTERM')
    const ended = await archiver.running.ended
    expect(ended.code, ended.stderr).to.equal(0)
    expect(JSON.parse(ended.stdout.trimEnd().split('\n').at(-1)!)).to.include({ event: 'end', raw: 0 })
    for (const { partition, latest } of partitions) {
      judged[partition]!.push(
        ...(await admin.read(topic, partition, { from: trimmed[partition]!, until: latest })),
      )
    }

    const expected = judged.flatMap((records, partition) =>
      records.map(({ offset, time, key, value, headers }) => ({
        p: partition,
        o: String(offset),
        t: String(time),
        k: key!.toString(),
        a: String((JSON.parse(value!.toString()) as { amount: number }).amount),
        h: headers.length === 0 ? null : JSON.stringify(Object.fromEntries(headers.map(([name, text]) => [name, text!.toString()]))), // prettier-ignore
      })),
    )
    const found = await duckdb(
      `SELECT _partition AS p, _offset AS o, epoch_ms(_time) AS t, _key AS k, amount AS a, _headers AS h
       FROM read_parquet('${to}/*.parquet', union_by_name = true) ORDER BY 1, 2`,
    )
    expect(found).to.deep.equal(expected)
    expect(expected.length).to.be.above(1000)
    expect(trimmed.every(end => end > 0)).to.equal(true)
    expect(readdirSync(to).filter(name => name.startsWith('.'))).to.deep.equal([])
    const rest = startHeadwater(['archive', '--log', addressOf(topic), '--to', to, '--json'])
    expect(JSON.parse((await rest.ended).stdout)).to.include({ rows: 0 })

    await jobEquals(run, folder, expected)
  })

  /** Waits until a checkpoint of the job covers the topic up to there. */
  async function covered(run: Running, folder: string, ends: ReadonlyMap<number, number>): Promise<void> {
    const isBelow = (has: ReadonlyMap<number, number>): boolean =>
      [...ends].some(([partition, end]) => (has.get(partition) ?? 0) < end)
    while (isBelow(await positionsOf(`${folder}/checkpoints`))) {
      expect(run.child.exitCode).to.equal(null)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  /** Those of the newest checkpoint; none before the first. */
  async function positionsOf(checkpoints: string): Promise<Map<number, number>> {
    try {
      const { sources } = (await openSavepoint(checkpoints)).manifest
      return new Map(sources[0]!.partitions.map(({ partition, next }) => [partition, next ?? 0]))
    } catch (error) {
      if (hasCode(error, 'no-such-file', 'not-a-savepoint')) return new Map()
      throw error
    }
  }

  /** Stops the job by its folder; its totals must be those of the archive. */
  async function jobEquals(
    run: Running,
    folder: string,
    archived: readonly { readonly k: string; readonly a: string }[],
  ): Promise<void> {
    const totals = new Map<string, number>()
    for (const { k, a } of archived) totals.set(k, (totals.get(k) ?? 0) + Number(a))
    const state = async (): Promise<Map<string, number>> => {
      const found = new Map<string, number>()
      for await (const { user_id: user, total } of scan(`${folder}/checkpoints`, 'total-per-user', 'total'))
        found.set(user as string, total as number)
      return found
    }
    let found = await state()
    while ([...totals].some(([user, total]) => found.get(user) !== total)) {
      expect(run.child.exitCode).to.equal(null)
      await new Promise(resolve => setTimeout(resolve, 200))
      found = await state()
    }
    expect(found).to.deep.equal(totals)
    await must(['stop', `${folder}/checkpoints`])
    const ended: Ended = await run.ended
    expect(ended.code, ended.stderr).to.equal(0)
  }

  it('what was trimmed while it was paused is refused by name, and recorded where that is accepted', async () => {
    const topic = await newTopic(admin, 1)
    const to = join(folders(), 'history')
    const sale = (n: number): NewRecord => ({ partition: 0, value: JSON.stringify({ n }) })
    await admin.produce(topic, [sale(0), sale(1)])
    const archiver = start(topic, to)
    await archiver.until(() => archiver.next.get(0) === 2)
    archiver.running.child.kill('SIGSTOP')
    await admin.produce(topic, [sale(2), sale(3), sale(4)]) // the answer to a fetch that is under way has these
    await admin.produce(topic, [sale(5), sale(6)])
    await admin.trim(topic, 0, 7)
    await admin.produce(topic, [sale(7)])
    archiver.running.child.kill('SIGCONT')
    const ended = await archiver.running.ended
    expect(ended.code).to.equal(1)
    const error = JSON.parse(ended.stderr.trimEnd().split('\n').at(-1)!) as { code: string; found: string }
    expect(error.code).to.equal('gap')
    expect(error.found).to.match(/the records \[[2-5], 7\) are gone/)
    const from = Number(/\[(\d)/.exec(error.found)![1])
    expect((await start(topic, to).running.ended).code).to.equal(1)

    const second = start(topic, to, '--on-gap', 'earliest')
    await second.until(() => second.next.get(0) === 8)
    second.running.child.kill('SIGINT')
    const { stdout, code } = await second.running.ended
    expect(code).to.equal(0)
    const { lost } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { lost: readonly object[] }
    expect(lost).to.have.length(1)
    expect(lost[0]).to.include({ partition: 0, from, to: 7 })
    const rows = await duckdb(`SELECT n FROM read_parquet('${to}/*.parquet') ORDER BY _offset`)
    expect(rows.map(({ n }) => Number(n))).to.deep.equal([0, 1, 2, 3, 4, 7].filter(n => n < from || n === 7))
  })

  it('takes new partitions in from their first record', async () => {
    const topic = await newTopic(admin, 1)
    const to = join(folders(), 'history')
    await admin.produce(topic, [{ partition: 0, value: '{"n":0}' }])
    const stop = new AbortController()
    let next: ReadonlyMap<number, number> = new Map()
    const log = readerOf(broker, topic)
    const report = followArchive({
      log,
      to,
      rollEveryMs: 100,
      lookEveryMs: 200,
      signal: stop.signal,
      onProgress: progress => ({ next } = progress),
    })
    const reached = async (partition: number, end: number): Promise<void> => {
      while (next.get(partition) !== end)
        await Promise.race([report, new Promise(resolve => setTimeout(resolve, 20))])
    }
    await reached(0, 1)
    await admin.addPartitions(topic, 3)
    await admin.produce(topic, [
      { partition: 2, value: '{"n":20}' },
      { partition: 2, value: '{"n":21}' },
      { partition: 0, value: '{"n":1}' },
    ])
    await reached(2, 2)
    await reached(0, 2)
    stop.abort()
    expect([...(await report).next]).to.deep.equal([[0, 2], [1, 0], [2, 2]]) // prettier-ignore
    await log.close()
    const rows = await duckdb(`SELECT _partition AS p, n FROM read_parquet('${to}/*.parquet') ORDER BY 1, 2`)
    expect(rows.map(({ p, n }) => [p, Number(n)])).to.deep.equal([[0, 0], [0, 1], [2, 20], [2, 21]]) // prettier-ignore
  })
})
