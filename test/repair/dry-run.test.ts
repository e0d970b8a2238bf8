// A dry run says what the run would say, and refuses what it would refuse, the place of the new savepoint included.
import { expect } from 'chai'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { create } from '../../src/repair/create.ts'
import { edit } from '../../src/repair/edit.ts'
import { merge } from '../../src/repair/merge.ts'
import type { RepairOptions, RepairReport } from '../../src/repair/repair.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import { parquet } from '../../src/source/parquet.ts'
import { parquetOf } from '../cli/sample.ts'
import { rejects } from '../rejects.ts'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { expectSound, ledger, ledgerCheckpoints, options } from './repairs.ts'

describe('a dry run', () => {
  const origin = sharedFolder()
  const folders = tempFolders()
  const from = (): string => join(origin(), 'checkpoints')

  before(async () => {
    await ledgerCheckpoints(origin(), 40)
    for (const [half, where] of [`customer < 'c5'`, `customer >= 'c5'`].entries())
      await rewrite(from(), { ...options(origin(), `half-${half}`), where })
    await parquetOf(
      join(origin(), 'totals.parquet'),
      `select 'c' || i as customer, 1.5::double * i as total from range(7) r(i)`,
    )
  })

  const repairs: Readonly<Record<string, (settings: RepairOptions) => Promise<RepairReport>>> = {
    edit: settings =>
      edit(from(), [{ uid: 'spend', state: 'amounts', key: 'c1', patch: { append: [1] } }], settings),
    rewrite: settings =>
      rewrite(from(), {
        ...settings,
        drop: ['spend/total'],
        where: 'amounts > 20',
        rekey: ({ key }) => key,
      }),
    merge: settings => merge(join(origin(), 'half-0'), join(origin(), 'half-1'), settings),
    create: settings =>
      create(ledger, { ...settings, from: { 'spend/total': parquet(join(origin(), 'totals.parquet')) } }),
  }

  for (const [name, repair] of Object.entries(repairs)) {
    it(`of ${name} counts what the run counts, and leaves nothing`, async () => {
      const folder = folders()
      const dry = await repair({ ...options(folder, 'new'), dryRun: true })
      expect(readdirSync(folder)).to.deep.equal([])
      const { savepoint, ...report } = await repair(options(folder, 'new'))
      expect(dry).to.deep.equal({ ...report, savepoint: null })
      expect(savepoint?.manifest.audit?.at(-1)?.states).to.deep.equal(report.states)
      await expectSound(savepoint)
    })

    it(`of ${name} refuses the places that the run refuses`, async () => {
      const folder = folders()
      mkdirSync(join(folder, 'foreign'))
      writeFileSync(join(folder, 'foreign', 'file'), '')
      await repair(options(folder, 'there'))
      const places = [
        ['there', 'conflict', 'savepoint-exists'],
        ['foreign', 'invalid', 'foreign-folder'],
        ['foreign/file', 'invalid', 'wrong-path'],
        ['foreign/file/below', 'invalid', 'wrong-path'],
      ] as const
      for (const [into, kind, code] of places) {
        await rejects(repair({ ...options(folder, into), dryRun: true }), kind, code)
        await rejects(repair(options(folder, into)), kind, code)
      }
      expect(existsSync(join(folder, 'foreign', 'segments'))).to.equal(false)
      await repair({ ...options(folder, ''), into: '', dryRun: true }) // no place yet
    })
  }
})
