// What commands print: results on stdout, all else on stderr, JSON lines for programs, quiet about readers that go away.
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { headwater, program, startHeadwater, succeeds } from './headwater.ts'
import { copySample, file, makeSample, parquetOf, purchases, retailJob, spent } from './sample.ts'

const shell = promisify(execFile)

describe('command line: output', () => {
  const folder = tempFolders()
  const sample = sharedFolder()

  before(() => makeSample(sample()))

  const jsonLines = (text: string): Readonly<Record<string, unknown>>[] =>
    text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)

  it('scan prints the columns of the savepoint, as a table or as JSON lines', async () => {
    const args = ['scan', 'savepoint', 'spend-per-customer', 'total']
    const rows = jsonLines(await succeeds([...args, '--json'], { cwd: sample() }))
    expect(rows).to.have.deep.members(
      ['ann', 'bob', 'cy', 'dee'].map(customer => ({ customer, total: spent(customer, 100) })),
    )
    const table = await succeeds(args, { cwd: sample() })
    const [head, ...body] = table.trimEnd().split('\n')
    expect(head).to.equal('customer  total')
    expect(body).to.deep.equal(
      rows.map(({ customer, total }) => `${String(customer).padEnd(8)}  ${String(total)}`),
    )
    expect(await succeeds([...args, '--limit', '2', '--json'], { cwd: sample() })).to.have.string('\n')
    expect(jsonLines(await succeeds([...args, '--limit', '2', '--json'], { cwd: sample() }))).to.deep.equal(
      rows.slice(0, 2),
    )
  })

  it('show, verify and digest agree', async () => {
    const cwd = sample()
    const digest = (await succeeds(['digest', 'savepoint'], { cwd })).trim()
    expect(digest).to.match(/^[0-9a-f]{64}$/)
    expect((await succeeds(['digest', 'savepoint', '--recompute'], { cwd })).trim()).to.equal(digest)
    expect(await succeeds(['show', 'savepoint'], { cwd }))
      .to.include(digest)
      .and.to.match(/100 records.*, 0 duplicates/)
    const [report] = jsonLines(await succeeds(['verify', 'savepoint', '--json'], { cwd }))
    expect(report).to.include({ sound: true, rows: 4, stateDigest: digest })
  })

  it('plan prints where each partition goes on', async () => {
    const cwd = sample()
    const args = ['plan', retailJob, '--from', 'savepoint', '--log', 'purchases=file:log']
    const [plan] = jsonLines(await succeeds([...args, '--json'], { cwd }))
    const [source] = plan!.sources as {
      partitions: { next: number; latest: number; toDo: number; verdict: string }[]
    }[]
    expect(source!.partitions.reduce((sum, { toDo }) => sum + toDo, 0)).to.equal(100)
    const text = await succeeds(args, { cwd })
    for (const { next, latest, toDo, verdict } of source!.partitions) {
      expect(text).to.match(new RegExp(` ${next} .* ${latest} .* ${toDo} .*${verdict}`))
    }
  })

  it('log commands read what was appended', async () => {
    const cwd = folder()
    copySample(sample(), cwd)
    const records = jsonLines(await succeeds(['log', 'read', 'file:log', '--json'], { cwd }))
    expect(records).to.have.length(200)
    expect(records[0]).to.include({ partition: 0, offset: 0 })
    const values = jsonLines(
      await succeeds(['log', 'read', 'file:log', '--from', '0:10', '--until', '0:13', '--values'], { cwd }),
    )
    expect(values).to.deep.equal(
      records
        .filter(({ partition, offset }) => partition === 0 && (offset as number) >= 10)
        .slice(0, 3)
        .map(({ value }) => value),
    )
    const [trimmed] = jsonLines(
      await succeeds(['log', 'trim', 'file:log', '--before', '2030-01-01', '--json'], { cwd }),
    )
    const earliest = (trimmed!.partitions as { earliest: number }[]).map(each => each.earliest)
    const [shown] = jsonLines(await succeeds(['log', 'show', 'file:log', '--json'], { cwd }))
    expect((shown!.partitions as { earliest: number }[]).map(each => each.earliest)).to.deep.equal(earliest)
    expect(earliest.reduce((sum, each) => sum + each, 0)).to.equal(100)
  })

  it('positions may be a file, and a cut is given by hand where history has no positions', async () => {
    const cwd = folder()
    copySample(sample(), cwd)
    await parquetOf(
      join(cwd, 'plain/a.parquet'),
      `select customer, quantity, price, "at" from '${join(cwd, 'history')}/*.parquet'`,
    )
    const partitions = jsonLines(await succeeds(['show', 'savepoint', '--json'], { cwd }))[0] as never as {
      manifest: { sources: { partitions: { partition: number; next: number }[] }[]; stateDigest: string }
    }
    const next = Object.fromEntries(
      partitions.manifest.sources[0]!.partitions.map(each => [each.partition, each.next]),
    )
    const cut = file(cwd, 'cut.json', JSON.stringify({ purchases: next }))
    await succeeds(['bootstrap', retailJob, '--history', 'plain', '--into', 'given', '--cut', cut], { cwd })
    const inline = Object.entries(next)
      .map(([partition, at]) => `${partition}:${at}`)
      .join(',')
    await succeeds(['bootstrap', retailJob, '--history', 'plain', '--into', 'inline', '--cut', inline], {
      cwd,
    })
    const digests = await Promise.all(['given', 'inline'].map(name => succeeds(['digest', name], { cwd })))
    expect(digests[0]).to.equal(digests[1])
    expect(await succeeds(['plan', retailJob, '--from', 'given', '--log', 'file:log'], { cwd })).to.match(
      /cut: given[^]*ready\n$/,
    )
  })

  it('progress is plain lines where nobody looks: the first and the last of each thing', async () => {
    const { stderr } = await headwater(
      ['bootstrap', retailJob, '--history', 'history', '--into', join(folder(), 'sp')],
      { cwd: sample() },
    )
    const lines = stderr.trimEnd().split('\n')
    expect(lines[0]).to.equal('plan: the files of purchases')
    expect(lines).to.include.members([
      'scan purchases: 100 of 100 rows',
      'fold spend-per-customer: 256 of 256 key groups',
      'committed',
    ])
    expect(stderr).to.not.include('\r').and.not.include('\u001b')
  })

  it('with --json every line of both streams is JSON', async () => {
    const args = ['bootstrap', retailJob, '--history', 'history', '--into', join(folder(), 'sp'), '--json']
    const { code, stdout, stderr } = await headwater(args, { cwd: sample() })
    expect(code).to.equal(0)
    expect(jsonLines(stderr).map(({ event }) => event)).to.include.members(['progress', 'written'])
    const [savepoint] = jsonLines(stdout)
    expect(savepoint).to.have.keys('folder', 'manifestPath', 'manifest')
  })

  it('a reader that goes away is no error', async function () {
    if (process.platform === 'win32') return this.skip()
    const node = `"${process.execPath}" "${program}"`
    const piped = `${node} log read file:log | head -n 1 > first; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await shell('bash', ['-c', piped], { cwd: sample() })
    expect({ stdout, stderr }).to.deep.equal({ stdout: '0\n', stderr: '' })
  })

  it('a run whose results nobody reads any more stops with a savepoint', async () => {
    const cwd = folder()
    copySample(sample(), cwd)
    const live = ['--log', 'file:log', '--sink', 'stdout', '--checkpoints', 'checkpoints']
    const run = startHeadwater(['run', retailJob, '--from', 'savepoint', ...live], { cwd })
    await run.printed('"total":')
    run.child.stdout.destroy()
    await succeeds(['log', 'append', 'file:log'], { cwd, stdin: [purchases(200, 204)] })
    const { code, stdout, stderr } = await run.ended
    expect(code, stderr).to.equal(0)
    expect(jsonLines(stdout)[0]).to.have.keys('customer', 'total')
    expect(await succeeds(['show', 'checkpoints'], { cwd })).to.match(/^savepoint \d/)
    expect(jsonLines(await succeeds(['get', 'checkpoints', 'ann', '--json'], { cwd }))[0]).to.include({
      value: spent('ann', 204),
    })
  })

  it('output that can not be written is an error', async function () {
    if (process.platform !== 'linux') return this.skip()
    const line = `"${process.execPath}" "${program}" show savepoint > /dev/full; echo $?`
    const { stdout, stderr } = await shell('bash', ['-c', line], { cwd: sample() })
    expect(stdout).to.equal('1\n')
    expect(stderr).to.match(/^unavailable output-failed: stdout: found .*ENOSPC.*\n$/)
  })
})
