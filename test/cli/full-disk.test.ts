// A full disk: the system's limit of a file's size ends writes half-way, just as a full disk does.
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { succeeds } from './headwater.ts'
import { refuses } from './refusal.ts'
import { copySample, makeSample, purchases, retailJob, spent, treeOf } from './sample.ts'

describe('command line: a full disk', () => {
  const folder = tempFolders()
  const sample = sharedFolder()

  before(async function () {
    if (process.platform === 'win32') this.skip()
    await makeSample(sample())
  })

  function spoiled(): { cwd: string; maxFileBlocks: number; env: Record<string, string> } {
    const cwd = folder()
    copySample(sample(), cwd)
    // The cache of compiled job files is on the full disk too, in a place of its own.
    return { cwd, maxFileBlocks: 1, env: { TMPDIR: folder() } }
  }

  const totals = async (cwd: string, savepoint: string): Promise<unknown> => {
    const out = await succeeds(['get', savepoint, 'ann', '--json'], { cwd })
    return (JSON.parse(out) as { readonly value: unknown }).value
  }

  it('bootstrap leaves nothing', async () => {
    const { cwd, ...settings } = spoiled()
    const args = ['bootstrap', retailJob, '--history', 'history', '--into', 'other']
    const before = treeOf(cwd)
    await refuses(args, { error: 'unavailable disk-full', place: 'other' }, { cwd, ...settings })
    expect(treeOf(cwd)).to.deep.equal(before)
    await succeeds(args, { cwd })
    expect(await totals(cwd, 'other')).to.equal(spent('ann', 100))
  })

  it('archive leaves nothing', async () => {
    const { cwd, ...settings } = spoiled()
    const args = ['archive', '--log', 'file:log', '--to', 'history']
    const before = treeOf(cwd)
    await refuses(args, { error: 'unavailable write-failed', place: 'history' }, { cwd, ...settings })
    expect(treeOf(cwd)).to.deep.equal(before)
  })

  it('edit leaves nothing', async () => {
    const { cwd, ...settings } = spoiled()
    const args = ['edit', 'savepoint', 'ann', 'spend-per-customer/total=5', '--into', 'other']
    const before = treeOf(cwd)
    await refuses(args, { error: 'unavailable disk-full', place: 'other' }, { cwd, ...settings })
    expect(treeOf(cwd)).to.deep.equal(before)
    await succeeds(args, { cwd })
    expect(await totals(cwd, 'other')).to.equal(5)
  })

  it('a run stops with its last checkpoint whole, and goes on when there is room', async () => {
    const { cwd, ...settings } = spoiled()
    const live = [
      '--log',
      'file:log',
      '--sink',
      'ndjson:totals.ndjson',
      '--checkpoints',
      'checkpoints',
      '--until-end',
    ]
    const args = ['run', retailJob, '--from', 'savepoint', ...live]
    await refuses(args, { error: 'unavailable disk-full', place: 'checkpoints' }, { cwd, ...settings })
    await succeeds(args, { cwd })
    expect(await totals(cwd, 'checkpoints')).to.equal(spent('ann', 200))
    expect(readFileSync(join(cwd, 'totals.ndjson'), 'utf8').trimEnd().split('\n')).to.have.length(100)
  })

  it('appending says how many records are in the log, and no half line is', async () => {
    const { cwd, ...settings } = spoiled()
    const args = ['log', 'append', 'file:other', '--partitions', '1']
    const stdin = [purchases(0, 50)]
    await refuses(args, { error: 'unavailable append-failed', place: 'other' }, { cwd, ...settings, stdin })
    const left = (await succeeds(['log', 'read', 'file:other', '--values'], { cwd })).split('\n').slice(0, -1)
    expect(purchases(0, 50).split('\n').slice(0, left.length)).to.deep.equal(left)
    expect(left).to.have.length.below(50)
  })
})
