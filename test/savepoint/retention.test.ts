import { mkdir, readdir, rename, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock } from '../../src/clock.ts'
import { openStore, type CheckpointStore } from '../../src/savepoint/checkpoint-store.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { ls } from '../../src/savepoint/ls.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { readPinned } from '../../src/savepoint/pinned.ts'
import { Retention } from '../../src/savepoint/retention.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import { openSegment } from '../../src/savepoint/segment-writer.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { failureOf } from './failing.ts'
import { collect, draftOf, entryRowsOf } from './model.ts'
import { inTempFolder, sampleDraft } from './samples.ts'

const table: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}

/** A checkpoint of its own base, so that no two share a segment. */
async function checkpoint(store: CheckpointStore, createdMs: number): Promise<void> {
  const writer = openSegment(store, table, 'base')
  writer.append(entryRowsOf(table, 'base', 4, [{ key: 'a', value: store.newestNumber + 1 }]))
  const state = { ...table.state, layers: [{ segments: [await writer.finish()] }] }
  await store.commit(store.newestNumber + 1, { ...sampleDraft(draftOf(table, state, 4)), createdMs })
}

const segments = async (path: string): Promise<number> => (await readdir(join(path, 'segments'))).length
const names = async (path: string): Promise<readonly string[]> =>
  (await ls(path)).map(({ name, complete }) => `${name.slice(-7, -5)} ${complete}`)

describe('retention', () => {
  it('keeps the newest and the young ones, and no segment of the others', () =>
    inTempFolder(async root => {
      const store = await openStore(root, systemClock)
      for (let i = 1; i <= 6; i++) await checkpoint(store, i * 1000)
      const clock = { ...systemClock, now: () => 7000 }
      await new Retention(root, { keep: 1, keepForMs: 2500 }, clock).apply()
      expect(await names(root)).to.deep.equal(['05 true', '06 true'])
      expect(await segments(root)).to.equal(4)
      await new Retention(root, { keep: 1, keepForMs: 0 }, clock).apply()
      expect(await names(root)).to.deep.equal(['06 true'])
      await checkpoint(store, 7000)
      await store.close()
      expect((await verifySavepoint(root)).findings).to.deep.equal([])
      expect(
        (await readdir(join(root, 'manifests'))).filter(name => name.endsWith('.floor')).length,
      ).to.equal(2)
    }))

  it('lets no former owner commit a number whose manifest is gone', () =>
    inTempFolder(async root => {
      const zombie = await openStore(root, systemClock)
      await checkpoint(zombie, 1)
      const owner = await openStore(root, systemClock)
      for (let i = 0; i < 4; i++) await checkpoint(owner, 2)
      await new Retention(root, { keep: 1, keepForMs: 0 }, systemClock).apply()
      const { kind, code } = await failureOf(() => checkpoint(zombie, 3))
      expect(`${kind} ${code}`).to.equal('conflict lost-ownership')
      expect(await names(root)).to.deep.equal(['05 true'])
      expect(zombie.newestNumber).to.equal(1)
    }))

  it('spares what a reader has pinned until it is done', () =>
    inTempFolder(async root => {
      const store = await openStore(root, systemClock)
      await checkpoint(store, 1)
      await readPinned(root, async savepoint => {
        for (let i = 0; i < 3; i++) await checkpoint(store, 2)
        await gc(root, { keep: 1 })
        expect(await names(root)).to.deep.equal(['04 true'])
        const rows = await collect(table, scanState(savepoint, 'op', 'total'))
        expect(rows.map(([, key, , value]) => [key, value])).to.deep.equal([['a', 1]])
        expect(await segments(root)).to.equal(4)
      })
      await store.close()
      await gc(root)
      expect(await segments(root)).to.equal(2)
    }))

  it('collects leftovers, but not what a live owner is writing', () =>
    inTempFolder(async root => {
      const store = await openStore(root, systemClock)
      await checkpoint(store, 1)
      const writer = openSegment(store, table, 'delta')
      writer.append(entryRowsOf(table, 'delta', 4, [{ key: 'b', value: 2 }]))
      await writer.finish()
      expect(await gc(root)).to.deep.include({ files: [], ownerAlive: true })
      await store.close()
      expect((await gc(root, { dryRun: true })).files.length).to.equal(2)
      expect(await segments(root)).to.equal(4)
      expect((await gc(root)).files.length).to.equal(2)
      expect(await segments(root)).to.equal(2)
    }))

  it('collects bad records that no checkpoint counts, and those that were not even written to their end', () =>
    inTempFolder(async root => {
      const store = await openStore(root, systemClock)
      await checkpoint(store, 1)
      await store.close()
      const dead = '9'.repeat(32)
      const counted = `s.1.${store.attempt}.parquet`
      await mkdir(join(root, 'bad'))
      const left = [`s.1.${dead}.parquet`, `s.2.${store.attempt}.parquet`, `.s.1.${dead}.parquet.77.tmp`]
      for (const name of [counted, ...left]) await writeFile(join(root, 'bad', name), '')
      expect((await gc(root)).files).to.have.members(left.map(name => `bad/${name}`))
      expect(await readdir(join(root, 'bad'))).to.deep.equal([counted])
    }))

  it('collects a store to which nothing was ever committed, and none whose checkpoints somebody removed', () =>
    inTempFolder(async root => {
      const store = await openStore(root, systemClock)
      const writer = openSegment(store, table, 'base')
      writer.append(entryRowsOf(table, 'base', 4, [{ key: 'b', value: 2 }]))
      await writer.finish()
      expect(await gc(root)).to.deep.include({ files: [], ownerAlive: true })
      await store.close()
      expect((await gc(root)).files.length).to.equal(2)
      expect(await segments(root)).to.equal(0)
      await writeFile(join(root, 'manifests/00000003.floor'), '')
      expect((await failureOf(() => gc(root))).code).to.equal('not-a-savepoint')
    }))

  it('does all that it can when something may not be removed, and says so', () =>
    inTempFolder(async root => {
      const store = await openStore(root, systemClock)
      for (let i = 1; i <= 3; i++) await checkpoint(store, i)
      const [first] = (await readdir(join(root, 'segments'))).filter(name =>
        name.includes(`${store.attempt}.1.`),
      )
      const path = join(root, 'segments', first!)
      await rename(path, `${path}.away`)
      await mkdir(path) // the system removes no folder as a file
      const retention = new Retention(root, { keep: 1, keepForMs: 0 }, systemClock)
      for (let i = 0; i < 2; i++) expect((await failureOf(() => retention.apply())).message).to.contain(first)
      expect(await names(root)).to.deep.equal(['03 true'])
      expect((await readdir(join(root, 'segments'))).length).to.equal(4)
      await rmdir(path)
      await retention.apply()
      expect((await retention.apply()).files).to.deep.equal([])
      await store.close()
    }))

  it('of a task remembers no manifest of another task that is gone', () =>
    inTempFolder(async root => {
      const store = await openStore(root, systemClock)
      await checkpoint(store, 1)
      const chains = [0, 1].map(task => ({ generation: 1, task }))
      const tasks = await Promise.all(chains.map(async chain => store.openChain(chain)))
      const policy = { keep: 1, keepForMs: 0 }
      const retentions = chains.map(chain => new Retention(root, policy, systemClock, chain))
      for (let i = 1; i <= 4; i++) {
        for (const task of tasks) await checkpoint(task, i)
        for (const retention of retentions) await retention.apply()
      }
      // Those of the store, of its own chain, and of the other one, which may have been about to go.
      for (const { remembered } of retentions) expect(remembered).to.be.within(3, 4)
      await store.close()
    }))
})
