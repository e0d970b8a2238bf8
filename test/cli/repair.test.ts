/** The repairing commands through the built command line. */
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installIn } from '../readme/install.ts'
import { sharedFolder } from '../temp-folder.ts'
import { headwater, succeeds } from './headwater.ts'
import { file, makeSample, parquetOf, retailJob, spent } from './sample.ts'

const uid = 'spend-per-customer'
const total = `${uid}/total`

interface Report {
  readonly savepoint: { readonly folder: string; readonly stateDigest: string } | null
  readonly changes?: readonly unknown[]
  readonly states: readonly { readonly after: { readonly keys: number } }[]
}

describe('the repairing commands', () => {
  const sample = sharedFolder()
  const cwd = (): { readonly cwd: string } => ({ cwd: sample() })
  const report = async (...words: readonly string[]): Promise<Report> =>
    JSON.parse(await succeeds([...words, '--json'], cwd())) as Report
  const get = async (savepoint: string, key: string): Promise<unknown> => {
    const line = await succeeds(['get', savepoint, key, '--json'], cwd())
    return (JSON.parse(line) as { value: unknown }).value
  }

  before(() => makeSample(sample()))

  it('edit sets, compares and deletes, by words and from a file', async () => {
    const ann = spent('ann', 100)
    const words = ['edit', 'savepoint', 'ann', `${total}=5`, '--expect', `${total}=${ann}`]
    const text = await succeeds([...words, '--dry-run'], cwd())
    expect(text).to.contain(`${total} of "ann": ${ann} → 5`)
    const { savepoint } = await report(...words, '--into', 'edited')
    expect(savepoint?.stateDigest).to.match(/^[0-9a-f]{64}$/)
    expect(await get('edited', 'ann')).to.equal(5)
    const stale = await headwater([...words.with(1, 'edited'), '--into', 'no'], cwd())
    expect(stale.code).to.equal(1)
    expect(stale.stderr).to.contain('conflict stale-edit')
    expect(existsSync(join(sample(), 'no'))).to.equal(false)

    const lines = [
      { key: 'bob', uid, state: 'total', delete: true },
      { key: 'eve', uid, state: 'total', set: 1.5, expectAbsent: true },
    ]
    file(sample(), 'edits.ndjson', lines.map(line => `${JSON.stringify(line)}\n`).join(''))
    const { changes } = await report('edit', 'edited', '--into', 'edited-2', '--from-file', 'edits.ndjson')
    expect(changes).to.have.length(2)
    expect(await get('edited-2', 'eve')).to.equal(1.5)
    await succeeds(['verify', 'edited-2'], cwd())
    await succeeds(['edit', 'edited-2', 'eve', '--delete', total, '--into', 'edited-3'], cwd())
    expect((await headwater(['get', 'edited-3', 'eve'], cwd())).code).to.equal(1)
  })

  it('rewrite, merge and create do as they say, and shells can check it', async () => {
    const halves = [`customer < 'c'`, `customer >= 'c'`]
    for (const [i, where] of halves.entries())
      await report('rewrite', 'savepoint', '--where', where, '--into', `half-${i}`)
    await report('merge', 'half-0', 'half-1', '--into', 'merged')
    const digest = (savepoint: string): Promise<string> => succeeds(['digest', savepoint], cwd())
    expect(await digest('merged')).to.equal(await digest('savepoint'))
    const overlap = await headwater(['merge', 'merged', 'half-0', '--into', 'no'], cwd())
    expect(overlap.stderr).to.contain('conflict overlapping-keys')

    file(sample(), 'transform.ts', 'export const map = ({ value }: { value: number }) => value * 2\n')
    await report(
      'rewrite',
      'savepoint',
      '--map',
      'transform.ts',
      '--rename-uid',
      `${uid}=spend`,
      '--into',
      'twice',
    )
    expect(await get('twice', 'ann')).to.equal(2 * spent('ann', 100))

    await parquetOf(join(sample(), 'totals.parquet'), `select 'ann' as customer, 12.5::double as total`)
    const { states } = await report(
      'create',
      ...[
        '--job',
        retailJob,
        '--from',
        `${total}=totals.parquet`,
        '--positions',
        '0:0,1:0',
        '--into',
        'created',
      ],
    )
    expect(states[0]?.after.keys).to.equal(1)
    expect(await get('created', 'ann')).to.equal(12.5)
  })

  it('show --lineage tells who did what on the way', async () => {
    const text = await succeeds(['show', 'edited-2', '--lineage'], cwd())
    expect(text).to.contain('edit').and.to.contain('edited')
    const steps = (await succeeds(['show', 'edited-2', '--lineage', '--json'], cwd())).trim()
    for (const words of ['"command":"edit"', '"--from-file","edits.ndjson"', '"status":"there"'])
      expect(steps).to.contain(words)
  })

  it('are named by a refusal for a changed type, in words that really bring the state to it', async () => {
    const bin = installIn(sample())
    const job = readFileSync(retailJob, 'utf8')
    const types = [
      ['value(t.optional(t.float64()))', 'total.get()', '(total.get() ?? 0)', ''],
      ['value(t.int64(), 0n)', 'total.get()', 'Number(total.get())', '--map cents.ts'],
    ] as const
    file(
      sample(),
      'cents.ts',
      'export const map = ({ value }: { value: number }) => BigInt(Math.round(value * 100))\n',
    )
    for (const [i, [type, from, to, map]] of types.entries()) {
      const changed = `changed-${i}.ts`
      file(sample(), changed, job.replace('value(t.float64(), 0)', type).replaceAll(from, to))
      const planned = (savepoint: string) =>
        headwater(['plan', changed, '--from', savepoint, '--log', 'purchases=file:log'], cwd())
      const { code, stderr } = await planned('savepoint')
      expect(code).to.equal(1)
      const [, command] = /(headwater rewrite SAVEPOINT --retype .* --into NEW)/.exec(stderr)!
      const line = command!.replace('SAVEPOINT', 'savepoint').replace('NEW', `retyped-${i}`)
      await promisify(execFile)(
        'bash',
        ['-c', `"$0" "${join(bin, 'headwater')}" ${line.slice(10)} ${map}`, process.execPath],
        cwd(),
      )
      const again = await planned(`retyped-${i}`)
      expect(again.code, again.stderr).to.equal(0)
    }
    expect(await get('retyped-0', 'ann')).to.equal(spent('ann', 100))
    expect(await get('retyped-1', 'ann')).to.equal(String(spent('ann', 100) * 100))
  })

  it('refuse what makes no sense as a wrong command line', async () => {
    const lines = [
      ['edit', 'savepoint', '--into', 'no'],
      ['edit', 'savepoint', 'ann', '--into', 'no'],
      ['edit', 'savepoint', 'ann', `${total}=x`, '--into', 'no'],
      ['edit', 'savepoint', 'ann', `${total}=1`],
      ['edit', 'savepoint', 'ann', `${total}=1`, '--expect', `${uid}/other=1`, '--into', 'no'],
      [
        'edit',
        'savepoint',
        'ann',
        `${total}=1`,
        ...['--expect', `${total}=1`, '--expect', `${total}=2`],
        '--into',
        'no',
      ],
      ['edit', 'savepoint', 'ann', ...['--patch', `${total}={}`, '--patch', `${total}={}`], '--into', 'no'],
      ['edit', 'savepoint', ...['--from-file', 'a', '--from-file', 'b'], '--into', 'no'],
      ['rewrite', 'savepoint', ...['--rename-uid', 'a=b', '--rename-uid', 'a=c'], '--into', 'no'],
      ['rewrite', 'savepoint', '--rename-uid', 'a', '--into', 'no'],
      ['rewrite', 'savepoint', '--retype', `${total}=number`, '--into', 'no'],
      ['merge', 'savepoint', '--into', 'no'],
    ]
    for (const line of lines) expect((await headwater(line, cwd())).code, line.join(' ')).to.equal(2)
  })
})
