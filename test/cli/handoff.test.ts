// What the command line says of a handoff before and after it: plan --check-overlap, --cut-time, proof, --positions-from.
import { expect } from 'chai'
import { join } from 'node:path'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import { loadJob } from '../../src/job/load.ts'
import { t } from '../../src/record/type.ts'
import { parquet } from '../../src/source/parquet.ts'
import { worldLog, type Value, type WorldFileLog } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'
import { headwater, succeeds } from './headwater.ts'
import { parquetOf, purchases, retailJob } from './sample.ts'

const schema = { customer: t.string(), quantity: t.int32(), price: t.float64(), at: t.timestamp('ms') }

const values = (from: number, end: number): readonly Value[] =>
  purchases(from, end)
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Value)

interface World {
  readonly cwd: string
  readonly log: WorldFileLog
  readonly address: string
}

describe('command line: the handoff, before and after', () => {
  const folder = tempFolders()

  /** A log of 60 purchases in one partition, of which an archive has the first 40. */
  async function world(): Promise<World> {
    const cwd = folder()
    const log = await worldLog(cwd, 'purchases', schema, 1)
    await log.append(0, ...values(0, 40))
    await log.archive(40)
    await log.append(0, ...values(40, 60))
    return { cwd, log, address: `purchases=file:${log.dir}` }
  }

  async function savepoint({ cwd }: World, pattern: string = 'history-purchases'): Promise<void> {
    const { job } = await loadJob(retailJob)
    const history = { purchases: parquet(join(cwd, pattern)) }
    await bootstrap(job, { history, into: join(cwd, 'savepoint') })
  }

  const plan = ({ address }: World): readonly string[] => [
    'plan',
    retailJob,
    '--from',
    'savepoint',
    '--log',
    address,
  ]
  const run = ({ address }: World): readonly string[] => [
    ...['run', retailJob, '--from', 'savepoint', '--log', address, '--checkpoints', 'checkpoints'],
    ...['--sink', 'ndjson:totals.ndjson', '--until-end'],
  ]

  it('plan --check-overlap holds history and log against each other, record by record', async () => {
    const it = await world()
    const { cwd } = it
    await savepoint(it)
    const same = await succeeds([...plan(it), '--check-overlap'], { cwd })
    expect(same).to.contain('compared by offset').and.to.contain('history and log have the same records')
    expect(same).to.match(/partition +from +until +in both +missing +extra +different/)
    expect(same).to.match(/^ *0 +0 +40 +40 +0 +0 +0$/m)
    // Another price in one row, and one that is not there.
    const rows = `select * replace (if(_offset = 7, 99, price) as price) from '${cwd}/history-purchases/*.parquet' where _offset <> 9`
    await parquetOf(join(cwd, 'other', 'all.parquet'), rows)
    const other = ['--check-overlap', '--history', 'purchases=other']
    const text = await headwater([...plan(it), ...other], { cwd })
    expect(text.code).to.equal(1)
    expect(text.stdout)
      .to.contain('different: partition 0 offset 7')
      .and.to.contain('missing: partition 0 offset 9')
      .and.to.contain('history and log differ')
    expect(text.stderr).to.contain('overlap-differs').and.to.contain('1 missing, 0 extra, 1 different')
    const json = await headwater([...plan(it), ...other, '--json'], { cwd })
    expect(json.code).to.equal(1)
    const { overlap } = JSON.parse(json.stdout) as {
      readonly overlap: { readonly sources: readonly object[] }
    }
    expect(overlap).to.include({ same: false })
    expect(overlap.sources[0]).to.deep.include({ by: 'offset', missing: 1, extra: 0, different: 1 })
  })

  it('proof says that history and log join, and what was accepted where they do not', async () => {
    const it = await world()
    const { cwd, log } = it
    await savepoint(it)
    await succeeds(run(it), { cwd })
    const text = await succeeds(['proof', 'checkpoints'], { cwd })
    expect(text).to.match(/^ *0 +0 +39 +40 +60 +20 +- +contiguous$/m)
    expect(text).to.contain('proved: every record once')
    const proof = JSON.parse(await succeeds(['proof', 'checkpoints', '--json'], { cwd })) as {
      readonly sources: readonly { readonly partitions: readonly object[] }[]
    }
    expect(proof).to.include({ proved: true, approximate: false })
    expect(proof.sources[0]?.partitions[0]).to.include({ lastInHistory: 39, firstLive: 40, next: 60 })
    await log.append(0, ...values(60, 80))
    await log.trim(80)
    await succeeds([...run(it), '--on-gap', 'earliest'], { cwd })
    const refused = await headwater(['proof', 'checkpoints'], { cwd })
    expect(refused.code).to.equal(1)
    expect(refused.stdout).to.contain('not proved').and.to.contain('--on-gap earliest')
    expect(refused.stderr).to.contain('handoff-unproved').and.to.contain('60 to 79')
    const { code, stdout } = await headwater(['proof', 'checkpoints', '--json'], { cwd })
    expect(code).to.equal(1)
    expect(JSON.parse(stdout)).to.include({ proved: false, approximate: true })
  })

  it('--cut-time says up to when a history without offsets reaches', async () => {
    const it = await world()
    const { cwd } = it
    const rows = `select customer, quantity, price, "at" from '${cwd}/history-purchases/*.parquet'`
    await parquetOf(join(cwd, 'plain', 'all.parquet'), rows)
    await savepoint(it, 'plain')
    const given = [...plan(it), '--cut-time', 'purchases=1970-01-01T00:00:00Z']
    const refused = await headwater(given, { cwd })
    expect(refused.code).to.equal(1)
    expect(refused.stderr).to.contain('declares no recordId').and.to.contain('--approximate')
    const text = await succeeds([...given, '--approximate'], { cwd })
    // All records of this log are of that time.
    expect(text).to.contain('cut: time')
    expect(text).to.contain(
      'records that the log took from 1970-01-01T00:00:00.000Z on, up to 0:60, are applied twice where the history has them',
    )
    expect(text).to.contain('approximate: records may be missing, or applied twice')
    const json = await succeeds([...given, '--approximate', '--json'], { cwd })
    const made = JSON.parse(json) as { readonly sources: readonly { readonly overlap: object }[] }
    expect(made.sources[0]?.overlap).to.deep.equal({
      recordId: null,
      idsFrom: null,
      cutMs: 0,
      ends: [[0, 60]],
    })
    const wrong = await headwater([...plan(it), '--cut-time', 'yesterday'], { cwd })
    expect(wrong.code).to.equal(2)
    expect(wrong.stderr).to.contain('--cut-time').and.to.contain("'yesterday'")
  })

  it('bootstrap --positions-from reads the positions of other tools, and the handoff is exact', async () => {
    const it = await world()
    const { cwd } = it
    const rows = `select customer, quantity, price, "at", _partition as p, _offset as o from '${cwd}/history-purchases/*.parquet'`
    await parquetOf(join(cwd, 'foreign', 'all.parquet'), rows)
    const more = ['bootstrap', retailJob, '--history', 'foreign', '--into', 'savepoint', '--positions-from']
    const wrong = await headwater([...more, 'somewhere'], { cwd })
    expect(wrong.code).to.equal(1)
    expect(wrong.stderr).to.contain('bad-positions-from').and.to.contain('kafka-connect')
    await succeeds([...more, 'partition=p,offset=o'], { cwd })
    expect(await succeeds(['show', 'savepoint'], { cwd })).to.match(/^ *0 +0 +39 +40/m)
    const made = JSON.parse(await succeeds([...plan(it), '--json'], { cwd })) as {
      readonly sources: readonly { readonly cut: string; readonly partitions: readonly object[] }[]
    }
    expect(made.sources[0]).to.include({ cut: 'offsets' })
    expect(made.sources[0]?.partitions[0]).to.include({ lastInHistory: 39, next: 40, toDo: 20 })
  })
})
