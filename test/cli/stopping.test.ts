// Ctrl-C and SIGTERM stop cleanly, a second one at once; the same command line goes on; --until-end stops by itself.
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { headwater, startHeadwater, succeeds } from './headwater.ts'
import { copySample, file, makeSample, purchases, retailJob, spent, treeOf } from './sample.ts'

describe('command line: stopping and going on', () => {
  const folder = tempFolders()
  const sample = sharedFolder()

  before(() => makeSample(sample()))

  const live = [
    '--log',
    'purchases=file:log',
    '--sink',
    'totals=ndjson:totals.ndjson',
    '--checkpoints',
    'checkpoints',
  ]
  const runLine = ['run', retailJob, '--from', 'savepoint', ...live]

  function world(): string {
    const cwd = folder()
    copySample(sample(), cwd)
    return cwd
  }

  async function totalOf(cwd: string, customer: string): Promise<unknown> {
    const out = await succeeds(['get', 'checkpoints', customer, '--json'], { cwd })
    return (JSON.parse(out) as { readonly value: unknown }).value
  }

  async function newest(cwd: string): Promise<{ readonly kind: string; readonly number: number }> {
    const out = await succeeds(['show', 'checkpoints', '--json'], { cwd })
    return (JSON.parse(out) as { readonly manifest: { readonly kind: string; readonly number: number } })
      .manifest
  }

  const resultsIn = (cwd: string): string[] =>
    readFileSync(join(cwd, 'totals.ndjson'), 'utf8').trimEnd().split('\n')

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal} ends a run with a savepoint and exit code 0`, async () => {
      const cwd = world()
      const run = startHeadwater([...runLine, '--json'], { cwd })
      await run.printed(/"records":100\b/)
      run.child.kill(signal)
      const { code, stdout } = await run.ended
      expect(code).to.equal(0)
      expect(JSON.parse(stdout)).to.include({ event: 'ended', reason: 'stopped' })
      expect(await newest(cwd)).to.include({ kind: 'savepoint' })
      expect(await totalOf(cwd, 'bob')).to.equal(spent('bob', 200))
    })
  }

  /** The job, in a file of the folder; its operator sends its own process those signals at the first record, so never too late. */
  function signalling(cwd: string, ...signals: readonly NodeJS.Signals[]): string {
    const sends = signals.map(signal => `process.kill(process.pid, '${signal}')`).join(', ')
    const at = 'total.set('
    const text = readFileSync(retailJob, 'utf8')
    return file(cwd, 'signalling.ts', text.replace(at, `globalThis.told ??= [${sends}]; ${at}`))
  }

  it('a second signal ends it at once, and the run goes on from its last checkpoint', async () => {
    const cwd = world()
    // The operator is busy: the first signal is heard when its batch is done, the second one then too.
    const job = signalling(cwd, 'SIGTERM', 'SIGINT')
    const { code } = await headwater(['run', job, '--from', 'savepoint', ...live], { cwd })
    expect(code).to.be.oneOf([130, 143])
    await succeeds([...runLine, '--until-end'], { cwd })
    expect(await totalOf(cwd, 'ann')).to.equal(spent('ann', 200))
    expect(resultsIn(cwd)).to.have.length(100)
  })

  it('an interrupted bootstrap leaves nothing and says so', async () => {
    const cwd = world()
    const job = signalling(cwd, 'SIGINT')
    const before = treeOf(cwd)
    const args = ['bootstrap', job, '--history', 'history', '--into', 'other']
    const { code, stderr } = await headwater(args, { cwd })
    expect(code).to.equal(130)
    expect(stderr).to.match(/unavailable interrupted: SIGINT/)
    expect(treeOf(cwd)).to.deep.equal(before)
  })

  it('--until-end stops at the end that the log had at the start', async () => {
    const cwd = world()
    const out = await succeeds([...runLine, '--until-end'], { cwd })
    expect(out)
      .to.match(/at the end of the logs/)
      .and.to.match(/100 records/)
    expect(resultsIn(cwd)).to.have.length(100)
    expect(JSON.parse(resultsIn(cwd).findLast(line => line.includes('"dee"'))!)).to.deep.equal({
      customer: 'dee',
      total: spent('dee', 200),
    })
  })

  it('the same command line goes on with what is new, and without --from too', async () => {
    const cwd = world()
    await succeeds([...runLine, '--until-end'], { cwd })
    const first = await newest(cwd)
    await succeeds(['log', 'append', 'file:log'], { cwd, stdin: [purchases(200, 210)] })
    expect(await succeeds([...runLine, '--until-end'], { cwd })).to.match(/ 10 records/)
    await succeeds(['log', 'append', 'file:log'], { cwd, stdin: [purchases(210, 215)] })
    expect(await succeeds(['run', retailJob, ...live, '--until-end'], { cwd })).to.match(/ 5 records/)
    expect(await totalOf(cwd, 'cy')).to.equal(spent('cy', 215))
    expect(resultsIn(cwd)).to.have.length(115)
    expect((await newest(cwd)).number).to.be.above(first.number)
  })

  it('waits for new records until it is stopped', async () => {
    const cwd = world()
    const run = startHeadwater([...runLine, '--json', '--checkpoint-every', '100ms'], { cwd })
    await run.printed(/"records":100\b/)
    await succeeds(['log', 'append', 'file:log'], { cwd, stdin: [purchases(200, 220)] })
    await run.printed(/"records":120\b/)
    run.child.kill('SIGTERM')
    expect((await run.ended).code).to.equal(0)
    expect(resultsIn(cwd)).to.have.length(120)
  })
})
