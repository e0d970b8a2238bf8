// What is refused where outputs go out by transactions, by name, with nothing touched.
import { expect } from 'chai'
import { appendFileSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { paintFor } from '../../src/cli/paint.ts'
import type { ErrorKind } from '../../src/errors.ts'
import { savepointLines } from '../../src/cli/savepoint-text.ts'
import { edit } from '../../src/repair/edit.ts'
import { merge } from '../../src/repair/merge.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import { compact } from '../../src/savepoint/compact.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { callback } from '../../src/sink/callback.ts'
import { openSink } from '../../src/sink/sink-url.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { fileTransactions, transactionalSink } from './file-transactions.ts'
import { doubtAt, TransactionsWorld } from './transactions-world.ts'

describe('outputs by transactions: refusals', () => {
  const folders = tempFolders()
  let world: TransactionsWorld
  beforeEach(async () => {
    world = await new TransactionsWorld(folders(), 1).begin()
    await world.append(4)
  })

  const manifests = (): readonly string[] => readdirSync(join(world.checkpoints, 'manifests')).toSorted()
  const place = (options: Parameters<typeof fileTransactions>[1] = {}): ReturnType<typeof fileTransactions> =>
    fileTransactions(world.topics, options)
  const sinksBy = (declaration: ReturnType<typeof place>): ReturnType<typeof transactionalSink> =>
    transactionalSink(declaration)
  /** Runs with the totals going there, and the other sink's to nobody. */
  const runTo = (...declarations: readonly ReturnType<typeof place>[]): Promise<unknown> => {
    const [totals, parts] = declarations.map(sinksBy)
    return world.run(undefined, { sinks: { totals: totals!, parts: parts ?? callback(() => undefined) } })
  }

  async function refused(
    action: Promise<unknown>,
    name: string,
    texts: readonly string[] = [],
  ): Promise<void> {
    const [kind, code] = name.split(' ') as [ErrorKind, string]
    const { message } = await rejects(action, kind, code)
    for (const text of texts) expect(message).to.contain(text)
  }

  it('two clusters in one job', async () => {
    await refused(runTo(place(), fileTransactions(join(world.folder, 'other'))), 'invalid two-clusters', [
      'sink parts',
      'sink totals',
    ])
    await refused(runTo(place(), place({ topic: 'others' })), 'invalid two-pointer-topics', ['pointers'])
    expect(existsSync(world.checkpoints)).to.equal(false)
    // By two addresses, but one.
    await runTo(place(), { ...place(), address: 'files:the-same' })
  })

  it('checkpoints that are further apart than a transaction may take', async () => {
    const sinks = { totals: sinksBy({ ...place(), timeoutMs: 5000 }), parts: callback(() => undefined) }
    const runEvery = (checkpointEveryMs: number, more: object = {}): Promise<unknown> =>
      world.run(undefined, { sinks, checkpointEveryMs, ...more })
    await refused(runEvery(5000), 'invalid checkpoints-too-rare', ['5000 ms', 'transaction.timeout.ms'])
    // By the address of a sink, with nobody there: it is refused before anybody is asked.
    const totals = openSink('kafka://127.0.0.1:1/totals')
    await refused(runEvery(300_000, { sinks: { ...sinks, totals } }), 'invalid checkpoints-too-rare')
    expect(existsSync(world.checkpoints)).to.equal(false)
    await runEvery(4999)
    expect(await world.committed()).to.have.length(4)
  })

  it('another place than that of the checkpoints, and one that forgot', async () => {
    await runTo(place())
    const before = manifests()
    await refused(runTo(place({ cluster: 'another' })), 'invalid other-cluster', ['cluster another'])
    await refused(runTo(place({ topic: 'others' })), 'invalid other-cluster', ['topic others'])
    await refused(runTo(place({ topicId: 'second' })), 'invalid pointers-lost', ['first', 'second'])
    await refused(
      world.run(undefined, {
        sinks: { totals: callback(() => undefined), parts: callback(() => undefined) },
      }),
      'invalid needs-transactions',
      ['topic pointers', '--from'],
    )
    expect(manifests()).to.deep.equal(before)
  })

  it('a folding, and another beginning, while it is in doubt what was committed, unless that can be settled', async () => {
    expect(await world.begun(doubtAt('decided')).outcome).to.equal('transaction-in-doubt')
    const before = manifests()
    await refused(compact(world.checkpoints), 'conflict in-doubt', ['checkpoint 2'])
    await refused(
      compact(world.checkpoints, { transactions: place({ cluster: 'another' }) }),
      'invalid other-cluster',
    )
    expect(manifests()).to.deep.equal(before)
    const checkpoints = join(world.folder, 'elsewhere')
    await refused(world.run(undefined, { checkpoints, from: world.checkpoints }), 'conflict in-doubt', [
      `compact ${world.checkpoints} --sink kafka:`,
      "name the manifest's file",
    ])
    expect(existsSync(checkpoints)).to.equal(false)
    const into = join(world.folder, 'repaired')
    for (const repair of repairs(world.checkpoints, into))
      await refused(repair(), 'conflict in-doubt', [`compact ${world.checkpoints} --sink kafka:`])
    expect(existsSync(into)).to.equal(false)
    // By its own name a manifest is what is wanted.
    const named = join(
      world.checkpoints,
      'manifests',
      before.findLast(name => name.endsWith('.json'))!,
    )
    await edit(named, [], { into })
    const { savepoint } = await compact(world.checkpoints, { transactions: place() })
    expect(savepoint.manifest).to.include({ kind: 'savepoint', number: 3 })
    await world.isExact()
    await world.append(3)
    await world.run()
    await world.isExact()
    await compact(world.checkpoints) // nothing is in doubt
    await edit(world.checkpoints, [], { into: join(world.folder, 'of-the-last') })
  })

  it('a folding of what several tasks left, unless what they left open can be ended', async () => {
    world = await new TransactionsWorld(folders()).begin()
    await world.append(8)
    for (const index of [0, 1]) await world.run(undefined, { task: { index, count: 2 } })
    const before = manifests()
    await refused(compact(world.checkpoints), 'conflict in-doubt', [
      'left no transaction open',
      `compact ${world.checkpoints} --sink kafka:`,
    ])
    expect(manifests()).to.deep.equal(before)
    const { savepoint } = await compact(world.checkpoints, { transactions: place() })
    expect(savepoint.manifest).to.include({ kind: 'savepoint' })
    await world.isExact()
    await world.append(3)
    await world.run()
    await world.isExact()
  })

  it('nothing of what a prepared manifest names is collected', async () => {
    await world.run()
    await world.append(4)
    expect(await world.begun(doubtAt('decided')).outcome).to.equal('transaction-in-doubt')
    await gc(world.checkpoints, { keep: 1 })
    expect(world.prepared()).to.have.length(1)
    await world.run()
    await world.isExact()
    // One that nobody committed goes with the start of the next.
    await world.append(2)
    await world.begun(doubtAt('decide')).outcome
    expect(world.prepared()).to.have.length(1)
    await world.run()
    await world.isExact()
    expect(world.prepared()).to.deep.equal([])
  })

  it('a folder that lost what was committed', async () => {
    await world.begun(doubtAt('decided')).outcome
    const [name] = world.prepared()
    const prepared = join(world.checkpoints, 'manifests', name!)
    appendFileSync(prepared, ' ')
    await refused(world.run(), 'data prepared-damaged', ['sha-256'])
    rmSync(prepared)
    const before = manifests()
    await refused(world.run(), 'data prepared-missing', ['outputs', '--from'])
    expect(manifests()).to.deep.equal(before)
  })

  it('a folder that is older than its outputs, or was changed beside them', async () => {
    await world.run()
    cpSync(world.checkpoints, join(world.folder, 'copy'), { recursive: true })
    await world.append(4)
    await world.run()
    rmSync(world.checkpoints, { recursive: true })
    cpSync(join(world.folder, 'copy'), world.checkpoints, { recursive: true })
    await refused(world.run(), 'data prepared-missing', ['the folder is older'])
  })

  it('show says the lineage and where the pointers are', async () => {
    await world.run()
    const savepoint = await openSavepoint(world.checkpoints)
    const { lineage } = savepoint.manifest.transactions!
    const lines = savepointLines(savepoint, { paint: paintFor({}), nowMs: null })
    expect(lines.join('\n')).to.contain(`lineage ${lineage}, pointers in topic pointers of cluster`)
  })
})

/** Each of those that make a savepoint of that one. */
function repairs(from: string, into: string): readonly (() => Promise<unknown>)[] {
  return [
    () => edit(from, [], { into }),
    () => edit(from, [], { into: '', dryRun: true }),
    () => rewrite(from, { into }),
    () => merge(from, from, { into }),
  ]
}
