import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { edit } from '../../src/repair/edit.ts'
import type { Edit } from '../../src/repair/edits.ts'
import { lineage } from '../../src/savepoint/lineage.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { entries } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { expectSound, ledgerCheckpoints, options } from './repairs.ts'

const total = { uid: 'spend', state: 'total' }
const amounts = { uid: 'spend', state: 'amounts' }

describe('edit', () => {
  const origin = sharedFolder()
  const folders = tempFolders()
  const checkpoints = (): string => join(origin(), 'checkpoints')

  before(async () => {
    await ledgerCheckpoints(origin(), 40) // c0: 0, 10, 20, 30
  })

  it('sets, deletes and patches values and lists over several layers, and leaves everything else', async () => {
    const before = await openSavepoint(checkpoints())
    const edits: Edit[] = [
      { ...total, key: 'c3', set: -0 },
      { ...total, key: 'c1', delete: true },
      { ...total, key: 'new', set: 'NaN' },
      { ...amounts, key: 'c0', patch: { set: { 1: 11 }, remove: [0, 3], append: [7, 8] } },
      { ...amounts, key: 'c2', set: [1] },
      { ...amounts, key: 'c4', set: [] },
    ]
    const { savepoint, changes, states } = await edit(checkpoints(), edits, options(folders(), 'new'))
    const after = await expectSound(savepoint)
    const totals = await entries(before, 'spend', 'total')
    delete totals['c1']
    expect(await entries(after, 'spend', 'total')).to.deep.equal({ ...totals, c3: -0, new: NaN })
    const lists = await entries(before, 'spend', 'amounts')
    delete lists['c4']
    expect(await entries(after, 'spend', 'amounts')).to.deep.equal({ ...lists, c0: [11, 20, 7, 8], c2: [1] })
    expect(changes).to.have.length(6)
    expect(changes.find(({ key }) => key === 'c1')).to.deep.equal({
      ...total,
      key: 'c1',
      before: 1 + 11 + 21 + 31,
      after: undefined,
    })
    expect(states[0]).to.deep.equal({
      ...total,
      before: { keys: 10, entries: 10 },
      after: { keys: 10, entries: 10 },
    })
    expect(states[1]).to.deep.include({
      ...amounts,
      before: { keys: 10, entries: 40 },
      after: { keys: 9, entries: 40 - 4 - 3 },
    })
  })

  it('keeps positions, clocks, sinks and the plan, and says who did what to which savepoint', async () => {
    const before = (await openSavepoint(checkpoints())).manifest
    const folder = folders()
    const words = ['c1', 'spend/total=5']
    const edits = [{ ...total, key: 'c1', set: 5 }]
    const { savepoint } = await edit(checkpoints(), edits, { ...options(folder, 'new'), arguments: words })
    const after = savepoint!.manifest
    for (const name of ['sources', 'clocks', 'sinks', 'plan', 'job', 'keyGroups', 'timeUnit'] as const)
      expect(after[name], name).to.deep.equal(before[name])
    expect(after.parents.at(-1)?.manifestDigest).to.equal(before.manifestDigest)
    expect(after.audit).to.have.length(1)
    expect(after.audit?.[0]).to.deep.include({
      command: 'edit',
      arguments: words,
      user: 'ann',
      host: 'desk',
      atMs: 1_700_000_000_000,
      parents: [before.manifestDigest],
    })
    const again = await edit(savepoint!, [{ ...total, key: 'c1', set: 6 }], options(folder, 'again'))
    const steps = await lineage(again.savepoint!)
    expect(steps.map(({ status, kind, repair }) => [status, kind, repair?.command])).to.deep.equal([
      ['there', 'savepoint', undefined],
      ['there', before.kind, undefined],
      ['there', 'savepoint', 'edit'],
      ['there', 'savepoint', 'edit'],
    ])
    expect(again.savepoint!.manifest.audit).to.have.length(2)
  })

  it('is the same savepoint, state for state, where it changes nothing', async () => {
    const before = await openSavepoint(checkpoints())
    const { savepoint, changes } = await edit(before, [], options(folders(), 'new'))
    expect((await expectSound(savepoint)).manifest.stateDigest).to.equal(before.manifest.stateDigest)
    expect(changes).to.deep.equal([])
  })

  it('refuses stale expectations as a whole, listing them', async () => {
    const folder = folders()
    const edits: Edit[] = [
      { ...total, key: 'c1', set: 1, expect: 64 },
      { ...total, key: 'c2', set: 1, expect: 99 },
      { ...total, key: 'c3', set: 1, expectAbsent: true },
      { ...amounts, key: 'c0', set: [], expect: [0, 10, 20, 31] },
    ]
    const error = await rejects(edit(checkpoints(), edits, options(folder, 'new')), 'conflict', 'stale-edit')
    expect(error.message).to.contain('others for 3').and.contain('"c2" total (99 expected, 68 found)')
    expect(existsSync(join(folder, 'new'))).to.equal(false)
  })

  it('refuses by name what does not fit', async () => {
    const refused = async (one: Edit, kind: 'invalid' | 'data', code: string): Promise<string> => {
      const { message } = await rejects(edit(checkpoints(), [one], options(folders(), 'new')), kind, code)
      return message
    }
    expect(
      await refused({ ...total, uid: 'spent', key: 'c1', set: 1 }, 'invalid', 'unknown-state'),
    ).to.contain('spend/total')
    expect(await refused({ ...total, key: 'c1', set: 'much' }, 'data', 'wrong-type')).to.contain(
      'spend/total of key "c1"',
    )
    await refused({ ...total, key: 7, set: 1 }, 'data', 'wrong-type')
    await refused({ ...total, key: 'c1', set: null }, 'data', 'missing-field')
    await refused({ ...total, key: 'c1', patch: {} }, 'invalid', 'bad-edit')
    await refused({ ...amounts, key: 'c0', patch: { remove: [4] } }, 'invalid', 'bad-edit')
    await refused({ ...total, key: 'c1' }, 'invalid', 'bad-edit')
    const twice = [1, 2].map(set => ({ ...total, key: 'c1', set }))
    await rejects(edit(checkpoints(), twice, options(folders(), 'new')), 'invalid', 'bad-edit')
  })

  it('only says what would change in a dry run', async () => {
    const folder = folders()
    const edits = [{ ...total, key: 'c1', set: 5 }]
    const report = await edit(checkpoints(), edits, { ...options(folder, 'new'), dryRun: true })
    expect(report).to.deep.equal({
      savepoint: null,
      states: [
        { ...total, before: { keys: 10, entries: 10 }, after: { keys: 10, entries: 10 } },
        { ...amounts, before: { keys: 10, entries: 40 }, after: { keys: 10, entries: 40 } },
      ],
      changes: [{ ...total, key: 'c1', before: 64, after: 5 }],
    })
    expect(existsSync(join(folder, 'new'))).to.equal(false)
  })

  it('never writes into a savepoint that is there', async () => {
    await rejects(
      edit(checkpoints(), [], { ...options(origin(), 'savepoint') }),
      'conflict',
      'savepoint-exists',
    )
    await rejects(edit(checkpoints(), [], options(origin(), 'checkpoints')), 'invalid', 'foreign-folder')
  })
})
