// A run in one process, who asks it in others: `savepoint` and `stop` by the folder of its checkpoints.
import { expect } from 'chai'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { headwater, startHeadwater, succeeds, type Running } from './headwater.ts'
import { copySample, makeSample, retailJob, spent } from './sample.ts'

describe('command line: asking a run', () => {
  const folder = tempFolders()
  const sample = sharedFolder()

  before(() => makeSample(sample()))

  const runLine = [
    ...['run', retailJob, '--from', 'savepoint', '--log', 'purchases=file:log'],
    ...['--sink', 'totals=ndjson:totals.ndjson', '--checkpoints', 'checkpoints', '--json'],
  ]

  /** A run that has applied all 100 records of its log. */
  async function running(
    ...more: readonly string[]
  ): Promise<{ readonly cwd: string; readonly run: Running }> {
    const cwd = folder()
    copySample(sample(), cwd)
    const run = startHeadwater([...runLine, ...more], { cwd })
    await run.printed(/"records":100\b/)
    return { cwd, run }
  }

  const requests = (cwd: string): string[] => {
    const path = join(cwd, 'checkpoints', 'requests')
    return existsSync(path) ? readdirSync(path) : []
  }

  it('savepoint gives one of what was applied, and the run goes on; stop ends it with its last', async () => {
    const { cwd, run } = await running()
    const told = await succeeds(['savepoint', 'checkpoints', '--into', 'taken'], { cwd })
    expect(told).to.match(
      /^savepoint +.*taken\/manifest\.json\nof checkpoint +\d+\nstate digest +[0-9a-f]{64}\n$/,
    )
    const value = await succeeds(['get', 'taken', 'bob', '--json'], { cwd })
    expect((JSON.parse(value) as { readonly value: unknown }).value).to.equal(spent('bob', 200))
    await succeeds(['verify', 'taken'], { cwd })
    expect(run.child.exitCode).to.equal(null)
    const stopped = JSON.parse(await succeeds(['stop', 'checkpoints', '--json'], { cwd })) as object
    const { code, stdout } = await run.ended
    expect(code).to.equal(0)
    const ended = JSON.parse(stdout) as { readonly manifestDigest: string }
    expect(ended).to.include({ event: 'ended', reason: 'stopped' })
    expect(stopped).to.include({ event: 'stopped', manifestDigest: ended.manifestDigest })
    expect(requests(cwd)).to.deep.equal([])
    expect(readFileSync(join(cwd, 'totals.ndjson'), 'utf8').trimEnd().split('\n')).to.have.length(100)
  })

  it('a run that was killed can not be asked, and is told apart from one that dies while it is asked', async () => {
    const { cwd, run } = await running()
    // A frozen one does not answer; killed then, it is seen to be gone.
    run.child.kill('SIGSTOP')
    const asking = startHeadwater(['savepoint', 'checkpoints', '--into', 'taken', '--json'], { cwd })
    await asking.printed(/"event":"waiting"/)
    run.child.kill('SIGKILL')
    const { code, stderr } = await asking.ended
    expect(code).to.equal(1)
    expect(stderr).to.match(/owner-gone.*start the run again/)
    expect(existsSync(join(cwd, 'taken'))).to.equal(false)
    const after = await headwater(['stop', 'checkpoints'], { cwd })
    expect(after.code).to.equal(1)
    expect(after.stderr).to.match(/invalid not-running: .*expected a run at work in it/)
    expect(requests(cwd)).to.deep.equal([])
  })

  it('Ctrl-C and the time-out take a request back: a frozen run that wakes is not stopped', async () => {
    const { cwd, run } = await running()
    run.child.kill('SIGSTOP')
    const asking = startHeadwater(['stop', 'checkpoints', '--json'], { cwd })
    await asking.printed(/"event":"waiting"/)
    expect(requests(cwd)).to.have.length(1)
    asking.child.kill('SIGINT')
    expect((await asking.ended).code).to.equal(130)
    expect(requests(cwd)).to.deep.equal([])
    const late = await headwater(['stop', 'checkpoints', '--timeout', '200ms'], { cwd })
    expect(late.code).to.equal(1)
    expect(late.stderr).to.match(/unavailable no-answer: .*within 200 ms.*longer --timeout/)
    expect(requests(cwd)).to.deep.equal([])
    run.child.kill('SIGCONT')
    await succeeds(['savepoint', 'checkpoints', '--into', 'taken'], { cwd })
    await succeeds(['stop', 'checkpoints'], { cwd })
    expect((await run.ended).code).to.equal(0)
  })
})
