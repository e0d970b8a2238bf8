// Reading a live job's store: what is read stays until the reader is done, however it ends.
import { expect } from 'chai'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { systemClock } from '../../src/clock.ts'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { program, succeeds } from './headwater.ts'
import { copySample, makeSample, retailJob } from './sample.ts'

const customers = 20_000

/** Enough that a pipe which nobody reads holds a scan up. */
function* manyPurchases(): Generator<string> {
  for (let i = 0; i < customers; i++) {
    const customer = `customer ${String(i).padStart(6, '0')}`
    yield `${JSON.stringify({ customer, quantity: 1, price: i, at: 1_800_000_000_000 + i })}\n`
  }
}

type Reader = ChildProcessByStdio<null, Readable, Readable>

describe('command line: reading a store while its job goes on', () => {
  const folder = tempFolders()
  const sample = sharedFolder()

  const run = [
    ...[
      'run',
      retailJob,
      '--from',
      'savepoint',
      '--log',
      'purchases=file:log',
      '--checkpoints',
      'checkpoints',
    ],
    ...['--sink', 'totals=ndjson:totals.ndjson', '--until-end'],
  ]

  before(async () => {
    const cwd = sample()
    await makeSample(cwd)
    await succeeds(['log', 'append', 'file:log', '--time', 'at'], { cwd, stdin: manyPurchases() })
    await succeeds(run, { cwd })
  })

  function world(): string {
    const cwd = folder()
    copySample(sample(), cwd)
    return cwd
  }

  const children: Reader[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  const names = (cwd: string, part: string): readonly string[] =>
    existsSync(join(cwd, 'checkpoints', part)) ? readdirSync(join(cwd, 'checkpoints', part)) : []
  const readers = (cwd: string): readonly string[] =>
    names(cwd, 'alive').filter(name => name.startsWith('reader.'))
  const scanLine = ['scan', 'checkpoints', 'spend-per-customer', 'total', '--json']

  /** A scan whose output nobody reads yet; it is held up in the middle. */
  async function slowScan(cwd: string): Promise<Reader> {
    const child = spawn(process.execPath, [program, ...scanLine], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    const said = (): boolean =>
      readers(cwd).some(name => readFileSync(join(cwd, 'checkpoints/alive', name), 'utf8').endsWith('\n\n'))
    while (!said()) {
      expect(child.exitCode).to.equal(null)
      await systemClock.sleep(10)
    }
    return child
  }

  /** The job goes on, stops with a folded savepoint, and lets all others go. */
  async function goOn(cwd: string): Promise<void> {
    const more = '{"customer":"zoe","quantity":1,"price":2.5,"at":1900000000000}\n'
    await succeeds(['log', 'append', 'file:log', '--time', 'at'], { cwd, stdin: [more] })
    await succeeds([...run, '--keep', '1', '--keep-for', '0'], { cwd })
  }

  it('a slow scan loses nothing to retention', async () => {
    const cwd = world()
    const expected = await succeeds(scanLine, { cwd })
    const scan = await slowScan(cwd)
    const [reader] = readers(cwd)
    const [read] = readFileSync(join(cwd, 'checkpoints/alive', reader!), 'utf8').split('\n')
    await goOn(cwd)
    expect(scan.exitCode).to.equal(null)
    expect(names(cwd, 'segments')).to.include.members([`${read}.arrow`, `${read}.index.json`])
    expect(names(cwd, 'manifests').filter(name => name.endsWith('.json')).length).to.equal(1)
    const closed = once(scan, 'close')
    expect(await text(scan.stdout)).to.equal(expected)
    expect(await closed).to.deep.equal([0, null])
    expect(readers(cwd)).to.deep.equal([])
    await succeeds(['gc', 'checkpoints'], { cwd })
    expect(names(cwd, 'segments').length).to.equal(2)
    expect((await succeeds(scanLine, { cwd })).split('\n').length).to.equal(customers + 6)
  })

  it('a reader that was killed holds nothing back', async () => {
    const cwd = world()
    const scan = await slowScan(cwd)
    scan.kill('SIGKILL')
    await once(scan, 'close')
    expect(readers(cwd).length).to.equal(1)
    await goOn(cwd)
    await succeeds(['gc', 'checkpoints'], { cwd })
    expect(names(cwd, 'segments').length).to.equal(2)
    expect(names(cwd, 'alive')).to.deep.equal([])
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`${signal} ends a reader at once, and its pin`, async () => {
      const cwd = world()
      const scan = await slowScan(cwd)
      scan.kill(signal)
      const [code, by] = (await once(scan, 'close')) as [number | null, string | null]
      expect([code, by]).to.deep.equal([null, signal])
      expect(readers(cwd)).to.deep.equal([])
    })

  it('a pipe that breaks ends a reader with success, and its pin', async () => {
    const cwd = world()
    const scan = await slowScan(cwd)
    scan.stdout.destroy()
    expect((await once(scan, 'close'))[0]).to.equal(0)
    expect(readers(cwd)).to.deep.equal([])
  })

  it('a store that can not be written to is read, without a pin', async function () {
    const cwd = world()
    const expected = await succeeds(scanLine, { cwd })
    const isRoot = process.getuid?.() === 0
    if (process.platform === 'win32') return this.skip()
    const user = isRoot ? { uid: 65534, gid: 65534 } : {}
    chmodSync(cwd, 0o755)
    for (const part of ['', 'alive', 'manifests', 'segments'])
      chmodSync(join(cwd, 'checkpoints', part), 0o555)
    const scan = spawn(process.execPath, [program, ...scanLine], {
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
      ...user,
    })
    const closed = once(scan, 'close')
    expect(await text(scan.stdout)).to.equal(expected)
    expect((await closed)[0]).to.equal(0)
    for (const part of ['', 'alive', 'manifests', 'segments'])
      chmodSync(join(cwd, 'checkpoints', part), 0o755)
  })
})
