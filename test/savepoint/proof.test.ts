/** What a manifest proves of its handoff, read off real runs: positions and counts are those of the records written here. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { handoffProof, type HandoffProof, type PartitionProof } from '../../src/savepoint/proof.ts'
import { fieldsOf } from '../../src/record/record.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { writeRows } from '../../src/source/parquet/rows-writer.ts'
import { begin, bootstrapFrom, foreignHistory, newest, runToEnd, worldLog } from '../live/world.ts'
import { purchase, retail, schema } from '../live/retail.ts'
import { tempFolders } from '../temp-folder.ts'

const partition = (proof: HandoffProof, number: number): PartitionProof =>
  proof.sources[0]?.partitions.find(each => each.partition === number) as PartitionProof

describe('handoff proof', () => {
  const folders = tempFolders()

  it('of an archive and its log: contiguous, before the start, after it and now', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 2)
    await log.append(0, purchase('ann', 1, 100), purchase('ann', 2, 50), purchase('bob', 4, 200))
    await log.archive(3, 0)
    await log.append(0, purchase('ann', 8, 300), purchase('ann', 16, 10))
    await log.append(1, purchase('eve', 32, 100))
    const { manifest } = await bootstrapFrom(retail, folder)
    const before = handoffProof(manifest)
    expect(before.proved).to.equal(true)
    expect(partition(before, 0)).to.deep.equal({
      partition: 0,
      firstInHistory: 0,
      lastInHistory: 2,
      firstLive: 3,
      begun: false,
      next: 3,
      live: 0,
      duplicatesInHistory: 0,
      holes: [],
      overlapEnd: null,
      join: 'contiguous',
    })
    await runToEnd(retail, folder, { from: join(folder, 'savepoint') })
    await log.append(0, purchase('ann', 64, 400))
    await runToEnd(retail, folder)
    const now = handoffProof((await newest(folder)).manifest)
    expect(partition(now, 0)).to.include({ lastInHistory: 2, firstLive: 3, begun: true, next: 6, live: 3 })
    expect(partition(now, 1)).to.include({ lastInHistory: null, firstLive: 0, next: 1, live: 1 })
    expect(partition(now, 1).join).to.equal('no history')
    // 50 comes after 100, and 10 after 300: one record late in history, one live.
    expect(now.sources[0]?.phases).to.deep.equal({
      history: { rows: 3, duplicates: 0, late: 1 },
      overlap: { rows: 0, duplicates: 0, late: 0 },
      live: { rows: 4, duplicates: 0, late: 1 },
    })
    expect(now).to.include({ proved: true, approximate: false, kind: 'savepoint', job: 'retail' })
  })

  it('of a history with holes: they are named, and accepting them is never forgotten', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await log.append(0, ...[1, 2, 4, 8, 16].map(amount => purchase('ann', amount)))
    const rows = [0, 3].map(offset => ({ partition: 0, offset, value: purchase('ann', 2 ** offset) }))
    await foreignHistory(folder, 'purchases', schema, rows)
    await bootstrapFrom(retail, folder)
    await runToEnd(retail, folder, { from: join(folder, 'savepoint'), acceptHoles: true })
    await runToEnd(retail, folder)
    const { manifest } = await openSavepoint(join(folder, 'checkpoints'))
    const proof = handoffProof(manifest)
    expect(partition(proof, 0)).to.deep.include({ holes: [[1, 3]], join: 'holes', firstLive: 4, next: 5 })
    expect(proof).to.include({ proved: false, approximate: true })
    expect(proof.accepted.map(({ code, thing, flag }) => [code, thing, flag])).to.deep.equal([
      ['holes', 'source purchases partition 0', '--accept-holes'],
    ])
    expect(proof.accepted[0]?.found).to.contain('1 to 2')
  })

  it('of a job without a past: nothing to join', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await log.append(0, purchase('ann', 1), purchase('ann', 2))
    const { manifest } = await begin(retail, folder)
    expect(partition(handoffProof(manifest), 0)).to.include({
      join: 'no history',
      firstLive: 0,
      begun: false,
    })
    await runToEnd(retail, folder, { from: join(folder, 'savepoint') })
    const proof = handoffProof((await newest(folder)).manifest)
    expect(partition(proof, 0)).to.include({ join: 'no history', firstLive: 0, next: 2, live: 2 })
    expect(proof.proved).to.equal(true)
  })

  it('of a history without offsets: where it ends nobody knows, and nothing is proved', async () => {
    const folder = folders()
    mkdirSync(join(folder, 'history-purchases'))
    await writeRows(join(folder, 'history-purchases', 'part.parquet'), fieldsOf(schema), [purchase('ann', 1)])
    const { manifest } = await bootstrapFrom(retail, folder)
    expect(handoffProof(manifest)).to.include({ proved: false, approximate: false })
  })
})
