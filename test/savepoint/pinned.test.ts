/** Pins: who reads a store says so while it reads, and no longer. */
import { mkdirSync, readdirSync, symlinkSync, watch } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock } from '../../src/clock.ts'
import { edit } from '../../src/repair/edit.ts'
import { merge } from '../../src/repair/merge.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import { stateContents } from '../../src/savepoint/contents.ts'
import { diff } from '../../src/savepoint/diff/diff.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { exportState } from '../../src/savepoint/export.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { getKey } from '../../src/savepoint/get.ts'
import { ls } from '../../src/savepoint/ls.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { pin, readPinned } from '../../src/savepoint/pinned.ts'
import { appear } from '../../src/savepoint/presence.ts'
import { query } from '../../src/savepoint/query/query.ts'
import { Retention } from '../../src/savepoint/retention.ts'
import { scan } from '../../src/savepoint/scan-records.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { failureOf } from './failing.ts'
import { inTempFolder } from './samples.ts'
import { commitLayers, makeSmallStore, mergeLayers, smallOwner, writeEntry } from './small-store.ts'

const alive = (store: string): readonly string[] => readdirSync(join(store, 'alive'))

/** The readers that were there at any time during the work. */
async function readersDuring(store: string, work: () => Promise<unknown>): Promise<number> {
  const seen = new Set<string>()
  const watcher = watch(join(store, 'alive'), (_, name) => {
    if (name?.startsWith('reader.') === true) seen.add(name)
  })
  try {
    await work()
    await systemClock.sleep(20) // notices come a moment later
    return seen.size
  } finally {
    watcher.close()
  }
}

async function all<T>(pieces: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const piece of pieces) found.push(piece)
  return found
}

/** Everything is folded into the newest checkpoint, and the others are let go. */
async function foldAndLetGo(store: string): Promise<void> {
  const owner = await smallOwner(store)
  await mergeLayers(owner, 0)
  await commitLayers(owner)
  await new Retention(store, { keep: 1, keepForMs: 0 }, systemClock).apply()
  await owner.store.close()
}

const reading: Readonly<Record<string, (store: string, into: string) => Promise<unknown>>> = {
  scan: store => all(scan(store, 'op', 'total')),
  digest: store => stateDigest(store),
  get: store => getKey(store, () => 'key 1'),
  show: store => stateContents(store, 'op', 'total'),
  verify: store => verifySavepoint(store),
  diff: store => all(diff(store, join(store, 'manifests/00000001.json'))),
  export: (store, into) => exportState(store, 'op', 'total', { to: `${into}.ndjson` }),
  query: (store, into) => query(store, 'select * from "op.total"', { cacheFolder: into }),
  edit: (store, into) => edit(store, [{ uid: 'op', state: 'total', key: 'key 1', set: 9 }], { into }),
  rewrite: (store, into) => rewrite(store, { into, renameState: { 'op/total': 'sum' } }),
  merge: (store, into) => merge(store, store, { into, with: left => left }),
}

describe('ls', () => {
  it('shows no checkpoint as damaged that its store lets go at that moment', () =>
    inTempFolder(async root => {
      await makeSmallStore(root, 2)
      const owner = await smallOwner(root)
      const retention = new Retention(root, { keep: 1, keepForMs: 0 }, systemClock)
      const over = new AbortController()
      const writing = (async () => {
        for (let i = 0; i < 40; i++) {
          await writeEntry(owner, `key ${i}`)
          await mergeLayers(owner, 0)
          await commitLayers(owner)
          await retention.apply()
        }
      })().finally(() => over.abort())
      const problems: unknown[] = []
      while (!over.signal.aborted) problems.push(...(await ls(root)).filter(({ complete }) => !complete))
      await writing
      await owner.store.close()
      expect(problems).to.deep.equal([])
    }))
})

describe('a pin', () => {
  for (const [command, read] of Object.entries(reading))
    it(`is there while ${command} reads a store, and gone afterwards`, () =>
      inTempFolder(async root => {
        const store = join(root, 'store')
        await makeSmallStore(store, 2)
        expect(await readersDuring(store, () => read(store, join(root, 'into')))).to.be.greaterThan(0)
        expect(alive(store)).to.deep.equal([])
      }))

  it('is gone after an error, and after a loop that was left', () =>
    inTempFolder(async root => {
      await makeSmallStore(root, 2)
      const failing = readPinned(root, async () => {
        expect(alive(root).length).to.equal(1)
        throw new Error('no')
      })
      expect(String(await failing.catch((error: unknown) => error))).to.equal('Error: no')
      await failureOf(() => all(scan(root, 'op', 'total', { where: 'nothing = 1' })))
      for await (const _ of scan(root, 'op', 'total')) {
        expect(alive(root).length).to.equal(1)
        break
      }
      expect(alive(root)).to.deep.equal([])
    }))

  it('is shared by functions that are given what is pinned, also when its checkpoint was let go', () =>
    inTempFolder(async root => {
      await makeSmallStore(root, 2)
      const expected = await stateDigest(root)
      const first = await pin(root)
      const second = await pin(first.savepoint)
      await foldAndLetGo(root)
      await first.release()
      await first.release()
      expect(await stateDigest(second.savepoint)).to.equal(expected)
      expect(alive(root).length).to.equal(1)
      await second.release()
      expect(alive(root)).to.deep.equal([])
      const { kind, code } = await failureOf(() => stateDigest(first.savepoint))
      expect(`${kind} ${code}`).to.equal('conflict checkpoint-gone')
      expect(alive(root)).to.deep.equal([])
    }))

  it('names segments, and only those are spared, until the next time that retention passes', () =>
    inTempFolder(async root => {
      await makeSmallStore(root, 2)
      const reader = await pin(root)
      const owner = await smallOwner(root)
      const retention = new Retention(root, { keep: 1, keepForMs: 0 }, systemClock)
      for (let i = 0; i < 2; i++) {
        await mergeLayers(owner, 0)
        await commitLayers(owner)
        await retention.apply()
      }
      const segments = (): Promise<readonly string[]> => readdir(join(root, 'segments'))
      expect((await segments()).length).to.equal(6)
      await reader.release()
      expect((await retention.apply()).files.length).to.equal(4)
      expect((await segments()).length).to.equal(2)
      await owner.store.close()
      expect(reader.savepoint.manifest.number).to.equal(2)
    }))

  it('of all segments is one that does not say yet what it reads', () =>
    inTempFolder(async root => {
      await makeSmallStore(root, 2)
      const reader = await appear(root, 'reader', 'a'.repeat(32))
      await foldAndLetGo(root)
      expect((await readdir(join(root, 'segments'))).length).to.equal(6)
      await reader.reads([])
      expect((await gc(root)).files.length).to.equal(4)
      await reader.disappear()
    }))

  it('of a process that is gone counts no more, and goes with the next collection', () =>
    inTempFolder(async root => {
      await makeSmallStore(root, 2)
      await pin(root)
      const [file] = alive(root)
      await rename(
        join(root, 'alive', file!),
        join(root, 'alive', file!.replace(`.${process.pid}.`, '.4194305.')),
      )
      await foldAndLetGo(root)
      expect((await readdir(join(root, 'segments'))).length).to.equal(2)
      await gc(root)
      expect(alive(root)).to.deep.equal([])
    }))

  it('is not made in a savepoint folder, from which nothing is ever removed', () =>
    inTempFolder(async root => {
      const store = join(root, 'store')
      await makeSmallStore(store, 2)
      const path = join(root, 'savepoint')
      await rewrite(store, { into: path })
      await readPinned(path, async () => {
        expect((await readdir(path)).sort()).to.deep.equal(['manifest.json', 'segments'])
      })
    }))

  it('is not left elsewhere by a store of which a part is a link', () =>
    inTempFolder(async root => {
      await makeSmallStore(join(root, 'store'), 1)
      await rm(join(root, 'store/alive'), { recursive: true })
      mkdirSync(join(root, 'elsewhere'))
      symlinkSync(join(root, 'elsewhere'), join(root, 'store/alive'))
      const { code } = await failureOf(() => stateDigest(join(root, 'store')))
      expect(code).to.equal('corrupt-savepoint')
      expect(await readdir(join(root, 'elsewhere'))).to.deep.equal([])
      await openSavepoint(join(root, 'store'))
    }))
})
