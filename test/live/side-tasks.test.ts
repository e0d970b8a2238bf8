/** What fails beside a run: told, with how often, and tried again; the run goes on. Real full disks and permissions. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { unavailable, conflict } from '../../src/errors.ts'
import type { RunWarning } from '../../src/live/live.ts'
import { Warnings } from '../../src/live/warnings.ts'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { systemClock } from '../../src/clock.ts'
import { callback } from '../../src/sink/callback.ts'
import { startChildOnFullDisk } from '../child.ts'
import { tempFolders } from '../temp-folder.ts'
import { purchase, retail, schema } from './retail.ts'
import { begin, entries, newest, runToEnd, worldLog } from './world.ts'

const program = new URL('side-tasks-child.ts', import.meta.url)

interface Told {
  readonly checkpoint?: number
  readonly warnings?: readonly RunWarning[]
  readonly ended?: string | null
}

const sinks = { totals: callback(() => undefined) }

describe('beside a run', () => {
  const folders = tempFolders()

  /** So many batches of twelve new customers with names of a thousand characters. */
  async function world(batches: number): Promise<string> {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await begin(retail, folder)
    const customers = Array.from({ length: 12 * batches }, (_, i) => `${i} `.padEnd(1000, 'x'))
    await log.append(0, ...customers.map(customer => purchase(customer, 1)))
    return folder
  }

  const codes = (warnings: readonly RunWarning[] = []): readonly string[] =>
    warnings.map(({ task, code }) => `${task} ${code}`)

  it('a merge that the disk refuses is told and tried again, less and less often, and nothing is lost', async () => {
    if (process.platform === 'win32') return
    const batches = 32
    const folder = await world(batches)
    const child = startChildOnFullDisk(80, program, folder)
    const told: Told[] = []
    do told.push(JSON.parse(await child.nextLine()) as Told)
    while (told.at(-1)!.ended === undefined)
    expect(await child.exitCode()).to.equal(0)
    const { checkpoint = 0, warnings = [] } = told.at(-2)!
    expect(codes(warnings)).to.deep.equal(['compaction disk-full'])
    const [{ count, ongoing, message }] = warnings as readonly [RunWarning]
    expect(ongoing).to.equal(true)
    expect(message).to.contain('free some space')
    expect(count).to.be.within(2, 6)
    expect(checkpoint).to.be.greaterThan(20)
    // A stop folds everything, which the disk refuses too.
    expect(told.at(-1)).to.deep.equal({ ended: 'unavailable disk-full' })
    const { progress, savepoint } = await runToEnd(retail, folder, { sinks, keep: 1, keepForMs: 0 })
    expect(progress.warnings).to.deep.equal([])
    const found = await entries(savepoint, 'spend', 'total')
    expect(Object.values(found)).to.deep.equal(Array.from({ length: 12 * batches }, () => 1))
    expect(readdirSync(join(folder, 'checkpoints/segments')).length).to.equal(2)
  })

  it('old checkpoints that may not be removed are told with how often, in progress and at the end', async function () {
    if (process.getuid?.() !== 0) return this.skip() // who is not root can't make files of somebody else
    const folder = await world(2)
    await runToEnd(retail, folder, { from: join(folder, 'savepoint'), sinks })
    await addPurchases(folder, 60)
    chmodSync(folder, 0o777)
    // As in /tmp: everybody may make files, and remove their own.
    mkdirSync(join(folder, 'checkpoints/requests'), { recursive: true })
    for (const part of ['', 'manifests', 'segments', 'alive', 'requests'])
      chmodSync(join(folder, 'checkpoints', part), 0o1777)
    const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(program), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TSX_DISABLE_CACHE: '1' },
      uid: 65534,
      gid: 65534,
    })
    const told = (await text(child.stdout))
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Told)
    const { ended, warnings = [] } = told.at(-1)!
    expect(ended).to.equal(null)
    const retention = warnings.find(({ task }) => task === 'retention')!
    expect(retention).to.deep.include({ code: 'no-access', ongoing: true })
    expect(retention.count).to.be.greaterThan(2)
    expect(
      told.slice(0, -1).some(({ warnings: some }) => codes(some).includes('retention no-access')),
    ).to.equal(true)
    const { progress } = await runToEnd(retail, folder, { sinks, keep: 1, keepForMs: 0 })
    expect(progress.warnings).to.deep.equal([])
    const { manifest } = await newest(folder)
    const left = readdirSync(join(folder, 'checkpoints/manifests')).filter(name => name.endsWith('.json'))
    expect(left).to.deep.equal([`${String(manifest.number).padStart(8, '0')}.json`])
  })

  async function addPurchases(folder: string, count: number): Promise<void> {
    const { openFileLogWriter } = await import('../../src/source/file-log/log-writer.ts')
    const writer = await openFileLogWriter(join(folder, 'log-purchases'))
    const values = Array.from({ length: count }, (_, i) => ({ value: purchase(`more ${i}`, 1), time: 0 }))
    await writer.append(0, values)
    await writer.close()
  }

  it('an owner that was taken over is told so when it cleans, and stops', async () => {
    const folder = await world(1)
    await runToEnd(retail, folder, { from: join(folder, 'savepoint'), sinks })
    const store = await openStore(join(folder, 'checkpoints'), systemClock)
    await store.newest()
    const orphan = join(store.path, 'segments', `spend.total.${'9'.repeat(32)}.1.arrow`)
    const { writeFileSync, existsSync } = await import('node:fs')
    await runToEnd(retail, folder, { sinks })
    writeFileSync(orphan, '')
    const warnings = new Warnings()
    await store.removeLeftovers().catch(warnings.failing('cleaning'))
    expect(existsSync(orphan)).to.equal(true)
    expect(codes(warnings.all)).to.deep.equal(['cleaning lost-ownership'])
    expect(() => warnings.check()).to.throw('lost-ownership')
    await store.close()
  })
})

describe('warnings of a run', () => {
  const full = (thing: string): Error => unavailable({ code: 'disk-full', thing, found: 'no space' })

  it('are one a task and kind of failure, with the last message and how often', () => {
    const warnings = new Warnings()
    for (const thing of ['a', 'b', 'c']) warnings.failed('compaction', full(thing))
    warnings.failed('retention', full('d'))
    expect(warnings.all.map(({ task, count, ongoing }) => [task, count, ongoing])).to.deep.equal([
      ['compaction', 3, true],
      ['retention', 1, true],
    ])
    expect(warnings.all[0]!.message).to.contain('c').and.not.to.contain('a:')
    warnings.worked('compaction')
    expect(warnings.all.map(({ ongoing }) => ongoing)).to.deep.equal([false, true])
    warnings.failed('compaction', full('e'))
    expect(warnings.all[0]).to.deep.include({ count: 4, ongoing: true })
    warnings.check()
  })

  it('are no such thing as a conflict, which stops the run', () => {
    const warnings = new Warnings()
    warnings.failed('retention', conflict({ code: 'lost-ownership', thing: 'store', found: 'another' }))
    expect(() => warnings.check()).to.throw('lost-ownership')
  })
})
