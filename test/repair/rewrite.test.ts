import { expect } from 'chai'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { functionFrom } from '../../src/repair/transform.ts'
import { rewrite, type RewriteOptions } from '../../src/repair/rewrite.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { entries } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { expectSound, ledgerCheckpoints, options } from './repairs.ts'

describe('rewrite', () => {
  const origin = sharedFolder()
  const folders = tempFolders()
  const checkpoints = (): string => join(origin(), 'checkpoints')

  before(async () => {
    await ledgerCheckpoints(origin(), 40)
  })

  async function rewritten(changes: Partial<RewriteOptions>): Promise<Savepoint> {
    const { savepoint } = await rewrite(checkpoints(), { ...options(folders(), 'new'), ...changes })
    return expectSound(savepoint)
  }

  const refused = (changes: Partial<RewriteOptions>): Promise<unknown> =>
    rewrite(checkpoints(), { ...options(folders(), 'new'), ...changes })

  it('renames operators and states, clocks too, and drops what is named', async () => {
    const before = await openSavepoint(checkpoints())
    const renamed = await rewritten({
      renameUid: { spend: 'ledger' },
      renameState: { 'spend/total': 'sum' },
      drop: ['spend/amounts'],
    })
    expect(
      renamed.manifest.operators.map(({ uid, states }) => [uid, states.map(({ name }) => name)]),
    ).to.deep.equal([['ledger', ['sum']]])
    expect(renamed.manifest.clocks.map(({ stage }) => stage)).to.deep.equal(['ledger'])
    expect(await entries(renamed, 'ledger', 'sum')).to.deep.equal(await entries(before, 'spend', 'total'))
    expect(renamed.manifest.audit?.[0]?.states.at(-1)).to.deep.equal({
      uid: 'spend',
      state: 'amounts',
      before: { keys: 10, entries: 40 },
      after: null,
    })
  })

  it('comes back to the same digest when renamed back', async () => {
    const before = await openSavepoint(checkpoints())
    const there = await rewritten({ renameUid: { spend: 'ledger' }, keyGroups: 7 })
    const { savepoint } = await rewrite(there, {
      ...options(folders(), 'back'),
      renameUid: { ledger: 'spend' },
      keyGroups: before.manifest.keyGroups,
    })
    expect((await expectSound(savepoint)).manifest.stateDigest).to.equal(before.manifest.stateDigest)
  })

  it('keeps what a condition holds for; lists are without gaps then', async () => {
    const kept = await rewritten({ where: 'total > 70', of: ['spend/total'] })
    expect(Object.keys(await entries(kept, 'spend', 'total')).sort()).to.deep.equal(
      ['c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9'], // 60 + 4 n
    )
    expect(Object.keys(await entries(kept, 'spend', 'amounts'))).to.have.length(10)
    const lists = await rewritten({ where: 'amounts >= 10 and amounts < 30', of: ['spend/amounts'] })
    expect((await entries(lists, 'spend', 'amounts'))['c4']).to.deep.equal([14, 24])
    const prefix = await rewritten({ keyPrefix: 'c7' })
    expect(await entries(prefix, 'spend', 'total')).to.deep.equal({ c7: 88 })
  })

  it('maps values, checked against the stored type; undefined removes', async () => {
    const mapped = await rewritten({
      map: ({ state, key, value }) => {
        if (state === 'amounts') return (value as number[]).slice(1)
        return key === 'c1' ? undefined : (value as number) * 2
      },
    })
    const totals = await entries(mapped, 'spend', 'total')
    expect(totals['c2']).to.equal(136)
    expect(totals).not.to.have.property('c1')
    expect((await entries(mapped, 'spend', 'amounts'))['c0']).to.deep.equal([10, 20, 30])
    const wrong = await rejects(refused({ map: () => 'text', of: ['spend/total'] }), 'data', 'wrong-type')
    expect(wrong.message).to.match(/spend\/total of key c\d/)
    const fail = (): never => {
      throw new Error('no idea')
    }
    await rejects(refused({ map: fail }), 'data', 'transform-failed')
  })

  it('takes values of another type where they are exactly one of it', async () => {
    const retyped = await rewritten({ retype: { 'spend/total': { kind: 'int32' } } })
    expect(retyped.manifest.operators[0]?.states[0]?.type).to.deep.equal({ kind: 'int32' })
    expect((await entries(retyped, 'spend', 'total'))['c2']).to.equal(68)
    await rejects(refused({ retype: { 'spend/total': { kind: 'bool' } } }), 'data', 'wrong-type')
  })

  for (const sortRows of [1_000_000, 5]) {
    it(`gives new keys and sorts again, ${sortRows === 5 ? 'in many runs aside' : 'in memory'}`, async () => {
      const rekey: RewriteOptions['rekey'] = ({ key }) => `x${Number((key as string).slice(1)) >> 1}`
      const changes = { rekey, keyGroups: 3, sortRows }
      const merge: RewriteOptions['merge'] = (left, right, { state }) =>
        state === 'total'
          ? (left as number) + (right as number)
          : [...(left as number[]), ...(right as number[])].sort((a, b) => a - b)
      const moved = await rewritten({ ...changes, merge })
      expect(await entries(moved, 'spend', 'total')).to.deep.equal({
        x0: 124,
        x1: 140,
        x2: 156,
        x3: 172,
        x4: 188,
      })
      expect((await entries(moved, 'spend', 'amounts'))['x1']).to.deep.equal([2, 3, 12, 13, 22, 23, 32, 33])
      const error = await rejects(refused(changes), 'conflict', 'overlapping-keys')
      expect(error.message).to.match(/spend\/total of key x\d/)
    })
  }

  it('takes its functions from a file, by name', async () => {
    const file = join(folders(), 'transform.ts')
    writeFileSync(file, 'export const map = ({ value }: { value: number }) => value + 1\n')
    const map = await functionFrom(file, 'map')
    const mapped = await rewritten({ map, of: ['spend/total'] })
    expect((await entries(mapped, 'spend', 'total'))['c0']).to.equal(61)
    await rejects(functionFrom(file, 'rekey'), 'invalid', 'no-transform')
  })

  it('refuses names that are not there, and names that are taken', async () => {
    await rejects(refused({ renameUid: { spent: 'a' } }), 'invalid', 'unknown-operator')
    await rejects(refused({ renameState: { 'spend/sum': 'a' } }), 'invalid', 'unknown-state')
    await rejects(refused({ drop: ['other'] }), 'invalid', 'unknown-state')
    await rejects(refused({ of: ['other'], where: 'total > 1' }), 'invalid', 'unknown-state')
    await rejects(refused({ renameState: { 'spend/total': 'amounts' } }), 'invalid', 'name-taken')
    await rejects(refused({ renameState: { 'spend/total': 'customer' } }), 'invalid', 'name-taken')
    await rejects(refused({ renameUid: { spend: 'a/b' } }), 'invalid', 'bad-name')
    await rejects(refused({ keyGroups: 0 }), 'invalid', 'bad-key-groups')
  })

  it('counts in a dry run what it would leave', async () => {
    const changes = { where: 'total > 70', of: ['spend/total'], dryRun: true }
    const { savepoint, states } = await rewrite(checkpoints(), { ...options(folders(), 'new'), ...changes })
    expect(savepoint).to.equal(null)
    expect(states[0]).to.deep.include({
      before: { keys: 10, entries: 10 },
      after: { keys: 7, entries: 7 },
    })
  })
})
