import { expect } from 'chai'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HandoffPlan } from '../../src/handoff/handoff.ts'
import type { RunProgress } from '../../src/live/live.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { openManifestFile, openSavepoint } from '../../src/savepoint/open.ts'
import { callback } from '../../src/sink/callback.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import type { Log } from '../../src/source/log.ts'
import { tempFolders } from '../temp-folder.ts'
import { rejects } from '../rejects.ts'
import { purchase, retail, schema } from './retail.ts'
import { begin, bootstrapFrom, entries, foreignHistory, lines, newest, runToEnd, worldLog } from './world.ts'

describe('live run', () => {
  const folders = tempFolders()

  async function world(...amounts: readonly number[]) {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 2)
    await log.append(0, ...amounts.map(amount => purchase('ann', amount)))
    await begin(retail, folder)
    return { folder, log, from: join(folder, 'savepoint') }
  }

  it('goes on from a savepoint: totals of history and live together', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 2)
    await log.append(0, purchase('ann', 10, 1), purchase('bob', 1, 2))
    await log.append(1, purchase('cid', 100, 3))
    await foreignHistory(folder, 'purchases', schema, [
      { partition: 0, offset: 0, value: purchase('ann', 10, 1) },
      { partition: 0, offset: 1, value: purchase('bob', 1, 2) },
      { partition: 1, offset: 0, value: purchase('cid', 100, 3) },
    ])
    await bootstrapFrom(retail, folder)
    await log.append(0, purchase('ann', 5, 4))
    await log.append(1, purchase('dan', 7, 5))
    const result = await runToEnd(retail, folder, { from: join(folder, 'savepoint') })
    expect(result.reason).to.equal('end')
    expect(await entries(result.savepoint, 'spend', 'total')).to.deep.equal({
      ann: 15,
      bob: 1,
      cid: 100,
      dan: 7,
    })
    expect(lines(folder, 'totals')).to.have.deep.members([
      { customer: 'ann', total: 15 },
      { customer: 'dan', total: 7 },
    ])
    expect(result.savepoint.manifest.stateDigest).to.equal(await stateDigest(result.savepoint))
    expect(result.progress).to.deep.include({ records: 2, emitted: 2, late: 0, bad: 0 })
  })

  it('continues where it stopped, with or without --from, and after the savepoint is gone', async () => {
    const { folder, log, from } = await world(1)
    await runToEnd(retail, folder, { from })
    await log.append(0, purchase('ann', 2))
    await runToEnd(retail, folder, { from })
    await log.append(0, purchase('ann', 4))
    await runToEnd(retail, folder)
    rmSync(from, { recursive: true })
    await log.append(0, purchase('ann', 8))
    const { savepoint } = await runToEnd(retail, folder, { from })
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 15 })
    expect(lines(folder, 'totals').map(line => (line as { total: number }).total)).to.deep.equal([
      1, 3, 7, 15,
    ])
  })

  it('refuses to continue what is not there, and writes nothing', async () => {
    const { folder } = await world(1)
    const error = await rejects(runToEnd(retail, folder), 'invalid', 'nothing-to-continue')
    expect(error.message).to.contain('--from')
    expect(existsSync(join(folder, 'checkpoints'))).to.equal(false)
  })

  it('refuses checkpoints that do not descend from the savepoint', async () => {
    const { folder, from } = await world(1)
    await runToEnd(retail, folder, { from })
    rmSync(from, { recursive: true })
    await begin(retail, folder)
    const error = await rejects(runToEnd(retail, folder, { from }), 'conflict', 'other-checkpoints')
    expect(error.message).to.contain('choose another folder')
  })

  it('knows its ancestors through any number of savepoints', async () => {
    const { folder, log, from } = await world(1)
    await runToEnd(retail, folder, { from })
    const first = join(folder, 'checkpoints')
    const [second, third] = [join(folder, 'second'), join(folder, 'third')]
    const totals = { totals: callback(() => undefined) }
    await runToEnd(retail, folder, { from: first, checkpoints: second, sinks: totals })
    await runToEnd(retail, folder, { from: second, checkpoints: third, sinks: totals })
    await log.append(1, purchase('bob', 3))
    const { savepoint } = await runToEnd(retail, folder, { from, checkpoints: third, sinks: totals })
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 1, bob: 3 })
    const folders = savepoint.manifest.parents.map(({ path }) => path)
    expect(folders).to.deep.equal([from, first, second])
  })

  it('refuses a handoff that would lose records, tells the plan, and writes nothing', async () => {
    const { folder, log, from } = await world(1, 2)
    await log.append(0, purchase('ann', 3))
    await log.trim(2, 0)
    const plans: HandoffPlan[] = []
    const running = runToEnd(retail, folder, { from, onPlan: plan => plans.push(plan) })
    const error = await rejects(running, 'invalid', 'handoff-refused')
    expect(error.message)
      .to.contain('gap: source purchases partition 0')
      .and.to.contain('offsets 0 to 1 are missing')
    expect(plans.map(({ ok }) => ok)).to.deep.equal([false])
    expect(existsSync(join(folder, 'checkpoints'))).to.equal(false)
  })

  it('commits the plan before the first record is applied', async () => {
    const { folder, from } = await world(1)
    let numbers: readonly unknown[] = []
    const totals = callback(async () => {
      const { manifest } = await newest(folder)
      numbers = [
        manifest.kind,
        manifest.number,
        (manifest.plan as unknown as HandoffPlan).sources[0]?.partitions[0]?.next,
      ]
    })
    await runToEnd(retail, folder, { from, sinks: { totals } })
    expect(numbers).to.deep.equal(['start', 1, 0])
  })

  it('stops at the ends that the logs have at the start', async () => {
    const { folder, log, from } = await world(1, 2)
    const totals = callback(async () => {
      await log.append(1, purchase('bob', 5))
    })
    const { savepoint } = await runToEnd(retail, folder, { from, sinks: { totals } })
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 3 })
    expect(savepoint.manifest.sources[0]?.partitions.map(({ next }) => next)).to.deep.equal([2, 0])
  })

  it('waits for records until the signal stops it, with a savepoint', async () => {
    const { folder, log, from } = await world(1)
    const stop = new AbortController()
    const totals: unknown[] = []
    const sink = callback(async records => {
      totals.push(...records)
      if (totals.length === 1) void log.append(1, purchase('bob', 5))
      else stop.abort()
    })
    const run = runToEnd(retail, folder, {
      from,
      untilEnd: false,
      signal: stop.signal,
      sinks: { totals: sink },
    })
    const { reason, savepoint } = await run
    expect(reason).to.equal('stopped')
    expect(savepoint.manifest.kind).to.equal('savepoint')
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 1, bob: 5 })
  })

  it('stops at once, with a savepoint of what it found, when the signal was there first', async () => {
    const { folder, from } = await world(1)
    const { reason, savepoint } = await runToEnd(retail, folder, { from, signal: AbortSignal.abort() })
    expect(reason).to.equal('stopped')
    expect(savepoint.manifest.sources[0]?.partitions.map(({ next }) => next)).to.deep.equal([0, 0])
  })

  it('reports where it stands, with the lag of each partition', async () => {
    const { folder, log, from } = await world(1)
    const stop = new AbortController()
    const reports: RunProgress[] = []
    const onProgress = (progress: RunProgress): void => {
      reports.push(progress)
      if (progress.records === 1 && progress.sources[0]?.partitions.every(({ lag }) => lag === 0))
        stop.abort()
    }
    await runToEnd(retail, folder, {
      from,
      untilEnd: false,
      signal: stop.signal,
      onProgress,
      progressEveryMs: 5,
    })
    expect(reports.at(-1)).to.deep.include({ records: 1, emitted: 1, residentKeys: 1 })
    await log.append(0, purchase('ann', 1))
  })

  it('reports, and stops, while a log does not say where it ends', async () => {
    const { folder, from } = await world(1)
    const log = fileLog(join(folder, 'log-purchases'))
    let close: () => void = () => undefined
    const closed = new Promise<void>(resolve => (close = resolve))
    let asked = 0
    const silent: Log = {
      describe: async () => (asked++ === 0 ? log.describe() : closed.then(() => log.describe())),
      offsetsAt: timeMs => log.offsetsAt(timeMs),
      read: options => log.read(options),
      close: async () => {
        close()
        await log.close()
      },
    }
    const stop = new AbortController()
    const lags: unknown[] = []
    const onProgress = ({ records, sources }: RunProgress): void => {
      if (records === 1) stop.abort()
      lags.push(...sources.flatMap(({ partitions }) => partitions.map(({ lag }) => lag)))
    }
    const given = { from, untilEnd: false, signal: stop.signal, onProgress, progressEveryMs: 5 }
    const { reason } = await runToEnd(retail, folder, { ...given, log: { purchases: silent } })
    expect(reason).to.equal('stopped')
    expect(lags).to.include(null)
  })

  it('stops with the error of a report that fails', async () => {
    const { folder, from } = await world(1)
    const onProgress = (): void => {
      throw new Error('no screen')
    }
    const running = runToEnd(retail, folder, { from, untilEnd: false, onProgress, progressEveryMs: 1 })
    expect(await running.catch((error: unknown) => error)).to.have.property('message', 'no screen')
  })

  it('tells what it could not clean up, and goes on', async () => {
    const { folder, log, from } = await world(1)
    expect((await runToEnd(retail, folder, { from })).progress.warnings).to.deep.equal([])
    const checkpoints = join(folder, 'checkpoints')
    writeFileSync(join(checkpoints, 'manifests/00000001.json'), '{') // so that nobody knows what it named
    writeFileSync(join(checkpoints, 'segments', `spend.total.${'9'.repeat(32)}.1.arrow`), '')
    await log.append(0, purchase('ann', 2))
    const { savepoint, progress } = await runToEnd(retail, folder)
    const told = progress.warnings.map(({ task, code, count, ongoing }) => [task, code, count, ongoing])
    expect(told).to.deep.equal([
      ['cleaning', 'corrupt-manifest', 2, true],
      ['retention', 'corrupt-manifest', 1, true],
    ])
    for (const { message } of progress.warnings) expect(message).to.contain('00000001.json')
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 3 })
  })

  it('leaves a savepoint that stands alone, and may be begun from elsewhere', async () => {
    const { folder, log, from } = await world(1)
    const { savepoint } = await runToEnd(retail, folder, { from })
    await log.append(0, purchase('ann', 2))
    const elsewhere = join(folder, 'elsewhere')
    const sinks = { totals: callback(() => undefined) }
    await runToEnd(retail, folder, { from: savepoint.manifestPath, checkpoints: elsewhere, sinks })
    rmSync(join(folder, 'checkpoints'), { recursive: true })
    const found = await openSavepoint(elsewhere)
    expect(await entries(found, 'spend', 'total')).to.deep.equal({ ann: 3 })
    expect(await stateDigest(found)).to.equal(found.manifest.stateDigest)
    expect((await openManifestFile(found.manifestPath)).manifest.number).to.equal(2)
  })

  it('refuses options that it does not know, and names that the job does not have', async () => {
    const { folder, from } = await world()
    const options = { from, checkpointEvery: 5 } as object
    expect(
      (await rejects(runToEnd(retail, folder, options), 'invalid', 'unknown-option')).message,
    ).to.contain('checkpointEvery')
    await rejects(runToEnd(retail, folder, { from, sinks: {} }), 'invalid', 'missing-sink')
    await rejects(runToEnd(retail, folder, { from, log: {} }), 'invalid', 'missing-log')
    const two = { totals: callback(() => undefined), others: callback(() => undefined) }
    await rejects(runToEnd(retail, folder, { from, sinks: two }), 'invalid', 'unknown-sink')
    await rejects(runToEnd(retail, folder, { from, maxBatchRecords: 0 }), 'invalid', 'bad-option')
  })
})
