// A run is addressed by its folder: it answers requests in its next manifest, and only those that are meant for it.
import { expect } from 'chai'
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { run } from '../../src/live/run.ts'
import type { RunOptions, RunProgress, RunResult } from '../../src/live/live.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { manifestNumbers } from '../../src/savepoint/manifest-names.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { savepointOf, stopRun } from '../../src/savepoint/requests/ask.ts'
import { leaveRequest, readRequests, type StoreRequest } from '../../src/savepoint/requests/requests.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { ndjson } from '../../src/sink/ndjson.ts'
import type { Sink } from '../../src/sink/sink.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { thisProcess } from '../../src/source/file-log/process-identity.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { purchase, retail, schema } from './retail.ts'
import { begin, entries, lines, runToEnd, worldLog, type WorldFileLog } from './world.ts'

describe('requests to a run', () => {
  const folders = tempFolders()

  interface Running {
    readonly folder: string
    readonly checkpoints: string
    readonly log: WorldFileLog
    readonly ended: Promise<RunResult>
    readonly stop: () => Promise<RunResult>
  }

  /** A run that takes no checkpoint by itself. */
  async function running(options: Partial<RunOptions<typeof retail>> = {}): Promise<Running> {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await begin(retail, folder)
    await log.append(0, purchase('ann', 1), purchase('bob', 2))
    return start(folder, log, options)
  }

  async function start(
    folder: string,
    log: WorldFileLog,
    options: Partial<RunOptions<typeof retail>> = {},
  ): Promise<Running> {
    const checkpoints = join(folder, 'checkpoints')
    const stopping = new AbortController()
    const before = existsSync(join(checkpoints, 'manifests')) ? await manifestNumbers(checkpoints) : []
    const ended = run(retail, {
      from: join(folder, 'savepoint'),
      log: { purchases: fileLog(log.dir, { pollMs: 20 }) },
      sinks: { totals: ndjson(join(folder, 'totals.ndjson')) },
      checkpoints,
      checkpointEveryMs: 3_600_000,
      signal: stopping.signal,
      ...options,
    })
    ended.catch(() => undefined)
    while (
      !existsSync(join(checkpoints, 'manifests')) ||
      (await manifestNumbers(checkpoints)).length <= before.length
    )
      await Promise.race([systemClock.sleep(10), ended])
    return {
      folder,
      checkpoints,
      log,
      ended,
      stop: async () => {
        stopping.abort()
        return ended
      },
    }
  }

  async function newestNumber(checkpoints: string): Promise<number> {
    return (await openSavepoint(checkpoints)).manifest.number
  }

  it('a savepoint is taken of a run that goes on; it shares no file with the store and is whole without it', async () => {
    const { folder, checkpoints, log, ended, stop } = await running()
    const into = join(folder, 'taken')
    const seen: string[] = []
    const { savepoint, checkpoint } = await savepointOf(checkpoints, {
      into,
      onProgress: progress => seen.push(progress.phase),
    })
    expect(seen).to.include.members(['waiting', 'fold'])
    expect(savepoint.manifest).to.include({ kind: 'savepoint', number: 0 })
    expect(savepoint.manifest).not.to.have.property('answers')
    await log.append(0, purchase('ann', 4))
    const { savepoint: last } = await stop()
    expect((await ended).reason).to.equal('stopped')
    expect(checkpoint).to.be.above(1)
    expect(savepoint.manifest.parents.at(-1)?.path).to.contain(`${checkpoint}.json`)
    const inSavepoint = readdirSync(join(into, 'segments'))
    const inStore = new Set(readdirSync(join(checkpoints, 'segments')))
    expect(inSavepoint.filter(name => inStore.has(name))).to.deep.equal([])
    rmSync(checkpoints, { recursive: true })
    expect((await verifySavepoint(into)).sound).to.equal(true)
    expect(await stateDigest(await openSavepoint(into))).to.equal(savepoint.manifest.stateDigest)
    const { next } = savepoint.manifest.sources[0]!.partitions[0]!
    const all = { ann: 1, bob: 2 }
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal(next === 0 ? {} : all)
    expect(last.manifest.number).to.be.above(checkpoint)
  })

  it('a run goes on from such a savepoint, in another folder, as if it had gone on all the time', async () => {
    const { folder, checkpoints, log, stop } = await running()
    const into = join(folder, 'taken')
    await savepointOf(checkpoints, { into })
    await log.append(0, purchase('ann', 4), purchase('cy', 8))
    const { savepoint } = await stop()
    const again = await runToEnd(retail, folder, {
      from: into,
      checkpoints: join(folder, 'others'),
      sinks: { totals: ndjson(join(folder, 'others.ndjson')) },
    })
    // The first run may have been stopped before it had read all.
    const rest = await runToEnd(retail, folder, {})
    expect(again.savepoint.manifest.stateDigest).to.equal(rest.savepoint.manifest.stateDigest)
    expect(rest.savepoint.manifest.number).to.be.above(savepoint.manifest.number)
  })

  it('stop ends it with its savepoint, as the signal does; nothing is asked any more', async () => {
    const { folder, checkpoints, ended } = await running()
    const savepoint = await stopRun(checkpoints)
    const result = await ended
    expect(result.reason).to.equal('stopped')
    expect(savepoint.manifest).to.include({ kind: 'savepoint', number: result.savepoint.manifest.number })
    expect(savepoint.manifest.manifestDigest).to.equal(result.savepoint.manifest.manifestDigest)
    expect(await readRequests(checkpoints)).to.deep.equal([])
    expect(readdirSync(join(checkpoints, 'alive'))).to.deep.equal([])
    expect(lines(folder, 'totals').length).to.equal(result.progress.records)
  })

  it('are answered also where their folder could not be made at first', async () => {
    const first = await running()
    await first.stop()
    const { folder, checkpoints, log } = first
    const requests = join(checkpoints, 'requests')
    rmSync(requests, { recursive: true })
    writeFileSync(requests, '')
    const told: unknown[] = []
    const onProgress = ({ warnings }: RunProgress): void => void told.push(...warnings)
    const clock = {
      ...systemClock,
      sleep: async (_: number, signal?: AbortSignal) => systemClock.sleep(5, signal),
    }
    const next = await start(folder, log, { onProgress, progressEveryMs: 5, clock })
    while (told.length === 0) await Promise.race([systemClock.sleep(5), next.ended])
    rmSync(requests)
    await stopRun(checkpoints, { timeoutMs: 20_000 })
    expect((await next.ended).reason).to.equal('stopped')
  })

  it('two who ask at once are answered both; answered requests cause no further checkpoints', async () => {
    const { folder, checkpoints, stop } = await running()
    const [first, second] = await Promise.all([
      savepointOf(checkpoints, { into: join(folder, 'first') }),
      savepointOf(checkpoints, { into: join(folder, 'second') }),
    ])
    expect(first.savepoint.manifest.stateDigest).to.equal(second.savepoint.manifest.stateDigest)
    const number = await newestNumber(checkpoints)
    expect(number).to.be.at.most(4)
    await systemClock.sleep(100)
    expect(await newestNumber(checkpoints)).to.equal(number)
    await stop()
  })

  it('nobody at work: nothing is asked and nothing is left', async () => {
    const { folder, checkpoints, stop } = await running()
    await stop()
    const error = await rejects(stopRun(checkpoints), 'invalid', 'not-running')
    expect(error.message).to.match(/newest checkpoint is 2/)
    await rejects(savepointOf(checkpoints, { into: join(folder, 'taken') }), 'invalid', 'not-running')
    expect(existsSync(join(folder, 'taken'))).to.equal(false)
    expect(await readRequests(checkpoints)).to.deep.equal([])
    await rejects(stopRun(join(folder, 'savepoint')), 'invalid', 'not-a-store')
    await rejects(stopRun(join(folder, 'nowhere')), 'invalid', 'no-such-file')
  })

  it('a place for the savepoint that is taken is refused before anything is asked', async () => {
    const { folder, checkpoints, stop } = await running()
    const into = join(folder, 'savepoint')
    await rejects(savepointOf(checkpoints, { into }), 'conflict', 'savepoint-exists')
    expect(await newestNumber(checkpoints)).to.equal(1)
    await stop()
  })

  it('a request that is taken back is not obeyed', async () => {
    // A run that is held up by its sink: it looks at nothing meanwhile.
    const gate = new AbortController()
    const held = systemClock.sleep(60_000, gate.signal)
    const arrived = new AbortController()
    const sink = heldSink(held, () => arrived.abort())
    const { folder, checkpoints, stop } = await running({ sinks: { totals: sink } })
    await systemClock.sleep(60_000, arrived.signal)
    const asking = new AbortController()
    const stopped = stopRun(checkpoints, { signal: asking.signal })
    stopped.catch(() => undefined)
    while ((await readRequests(checkpoints)).length === 0) await systemClock.sleep(5)
    asking.abort(new Error('changed my mind'))
    const error: unknown = await stopped.catch((reason: unknown) => reason)
    expect(String(error)).to.contain('changed my mind')
    expect(await readRequests(checkpoints)).to.deep.equal([])
    const late = await rejects(stopRun(checkpoints, { timeoutMs: 50 }), 'unavailable', 'no-answer')
    expect(late.message).to.match(/within 50 ms/)
    gate.abort()
    // It goes on: it can still be asked for something.
    await savepointOf(checkpoints, { into: join(folder, 'taken') })
    const { savepoint } = await stop()
    expect(savepoint.manifest).not.to.have.property('answers')
  })

  it('a stop that was meant for an earlier run does not stop the next one, which removes it', async () => {
    const { folder, checkpoints, log, stop } = await running()
    const { savepoint } = await stop()
    await leaveRequest(checkpoints, requestTo(savepoint))
    const next = await start(folder, log)
    while ((await readRequests(checkpoints)).length > 0) await systemClock.sleep(5)
    await systemClock.sleep(50)
    expect((await savepointOf(checkpoints, { into: join(folder, 'taken') })).checkpoint).to.be.above(3)
    await next.stop()
  })

  it('who asked and died is not waited for', async () => {
    const { checkpoints, stop } = await running()
    const request = requestTo(await openSavepoint(checkpoints))
    const dead = { ...request, process: { ...thisProcess(), start: 'another-boot' } }
    await leaveRequest(checkpoints, dead)
    while ((await readRequests(checkpoints)).length > 0) await systemClock.sleep(5)
    const { savepoint } = await stop()
    expect(savepoint.manifest.number).to.equal(2)
  })

  it('answers are named while they are wanted, so that a retired answer is not missed', async () => {
    const { checkpoints, log, stop } = await running({ checkpointEveryMs: 0, keep: 1, keepForMs: 0 })
    const request = requestTo(await openSavepoint(checkpoints))
    await leaveRequest(checkpoints, { ...request, kind: 'savepoint' })
    for (let i = 0; i < 5; i++) {
      const before = await newestNumber(checkpoints)
      await log.append(0, purchase('ann', 1))
      while ((await newestNumber(checkpoints)) === before) await systemClock.sleep(5)
    }
    const { savepoint } = await stop()
    expect(savepoint.manifest.answers).to.deep.equal([request.id])
  })

  it('a copy of a store that was at work has nobody at work in it', async () => {
    const { folder, checkpoints, stop } = await running()
    const { savepoint } = await stop()
    await leaveRequest(checkpoints, requestTo(savepoint))
    const copy = join(folder, 'copy')
    cpSync(checkpoints, copy, { recursive: true })
    await rejects(stopRun(copy), 'invalid', 'not-running')
  })
})

function requestTo({ manifest }: Savepoint): StoreRequest {
  const { attempt } = manifest
  const id = systemClock.randomId()
  return { id, kind: 'stop', attempt, process: thisProcess(), createdMs: systemClock.now() }
}

function heldSink(held: Promise<void>, onHeld: () => void): Sink {
  return {
    name: 'held',
    guarantee: 'at-least-once',
    open: async () => ({
      write: async () => {
        onHeld()
        await held
      },
      prepare: async () => null,
      committed: async () => undefined,
      close: async () => undefined,
    }),
  }
}
