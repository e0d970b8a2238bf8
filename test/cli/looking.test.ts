// scan, show, diff, export and query as a person uses them; what they find is tested beside the library's functions.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { sharedFolder } from '../temp-folder.ts'
import { headwater, succeeds } from './headwater.ts'
import { refuses } from './refusal.ts'
import { makeSample, spent } from './sample.ts'

describe('command line: looking into savepoints', () => {
  const folder = sharedFolder()
  let cwd = ''
  let uid = ''
  let state = ''

  before(async () => {
    cwd = folder()
    await makeSample(cwd)
    const shown = JSON.parse(await succeeds(['show', 'savepoint', '--json'], { cwd })) as {
      readonly contents: readonly { readonly uid: string; readonly state: string }[]
    }
    ;({ uid, state } = shown.contents[0]!)
  })

  const scanned = (...args: readonly string[]): Promise<string> =>
    succeeds(['scan', 'savepoint', uid, state, ...args], { cwd })

  it('scan selects by a condition, a prefix, columns and a sample', async () => {
    const rows = (await scanned('--json')).trimEnd().split('\n')
    expect(rows).to.have.length(4)
    const one = (await scanned('--json', '--where', `customer = 'ann'`)).trimEnd()
    expect(JSON.parse(one)).to.deep.equal({ customer: 'ann', [state]: spent('ann', 100) })
    expect((await scanned('--json', '--key-prefix', 'b', '--columns', 'customer')).trimEnd()).to.equal(
      '{"customer":"bob"}',
    )
    const sample = await scanned('--json', '--sample', '2')
    expect(sample.trimEnd().split('\n')).to.have.length(2)
    expect(await scanned('--json', '--sample', '2')).to.equal(sample)
    await refuses(
      ['scan', 'savepoint', uid, state, '--where', 'nothing > 1'],
      { error: 'invalid bad-where', place: 'nothing > 1' },
      { cwd },
    )
    await refuses(
      ['scan', 'savepoint', uid, state, '--columns', 'nothing'],
      { error: 'invalid unknown-column', place: state },
      { cwd },
    )
  })

  it('show speaks of states, positions, lineage, of one operator alone', async () => {
    const all = await succeeds(['show', 'savepoint'], { cwd })
    expect(all).to.match(/keys of .* by key group/)
    expect(await succeeds(['show', 'savepoint', '--positions'], { cwd })).to.match(/partition .*next/)
    expect(await succeeds(['show', 'savepoint', '--lineage'], { cwd })).to.match(/savepoint .*created/)
    expect(await succeeds(['show', 'savepoint', '--operator', uid], { cwd })).to.not.match(/manifest digest/)
    await refuses(
      ['show', 'savepoint', '--operator', 'nobody'],
      { error: 'invalid usage', place: '--operator', exitCode: 2 },
      { cwd },
    )
  })

  it('diff ends with 0 for the same and with 1 for others', async () => {
    expect(await succeeds(['diff', 'savepoint', 'savepoint'], { cwd })).to.match(/same\n$/)
    const job = join(import.meta.dirname, '../../fixtures/jobs/retail.ts')
    const cut = ['--cut', '0:10,1:10']
    await succeeds(['bootstrap', job, '--history', 'history', '--into', 'earlier', ...cut], { cwd })
    const { code, stdout, stderr } = await headwater(['diff', 'earlier', 'savepoint', '--json'], { cwd })
    expect([code, stderr]).to.deep.equal([1, ''])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
    expect(lines[0]).to.include({ kind: 'context', what: 'position', before: '10' })
    expect(lines.at(-1)).to.include({ kind: 'state', notCompared: null })
    expect(lines.filter(({ kind }) => kind === 'changed' || kind === 'added').length).to.be.above(0)
    const summary = await headwater(['diff', 'earlier', 'savepoint', '--summary'], { cwd })
    expect(summary.stdout)
      .to.match(/^not of the same position/)
      .and.not.match(/ ~ /)
  })

  it('export and query say the same as scan', async () => {
    await succeeds(['export', 'savepoint', uid, state, '--to', 'x.ndjson'], { cwd })
    expect(readFileSync(`${cwd}/x.ndjson`, 'utf8').trimEnd().split('\n')).to.have.length(4)
    await refuses(
      ['export', 'savepoint', uid, state, '--to', 'x.ndjson'],
      { error: 'conflict file-exists', place: 'x.ndjson' },
      { cwd },
    )
    const env = { XDG_CACHE_HOME: `${cwd}/cache` }
    const sql = `select s.* exclude (key_group) from "${uid}.${state}" s join 'x.ndjson' using (customer) order by customer`
    const found = await succeeds(['query', 'savepoint', sql, '--json'], { cwd, env })
    expect(found.split('\n').sort()).to.deep.equal((await scanned('--json')).split('\n').sort())
  })
})
