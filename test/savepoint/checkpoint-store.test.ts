import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { startChild } from './children.ts'
import { failureOf } from './failing.ts'
import { inTempFolder, sampleDraft } from './samples.ts'
import { clock, codes, contents, makeSavepoint, withLayer } from './small-savepoints.ts'

describe('a store of checkpoints', () => {
  it('adopts a savepoint by links, grows by layers, and outlives the savepoint', () =>
    inTempFolder(async root => {
      await makeSavepoint(join(root, 'savepoint'))
      const store = await openStore(join(root, 'store'), clock)
      expect(await store.newest()).to.equal(null)
      expect(codes(await failureOf(() => openSavepoint(store.path)))).to.equal('invalid not-a-savepoint')
      const savepoint = await openSavepoint(join(root, 'savepoint'))
      await store.adopt(savepoint)
      await store.adopt(savepoint) // killed before its first commit, and started again
      const [file] = await readdir(join(store.path, 'segments'))
      expect((await stat(join(store.path, 'segments', file!))).nlink).to.equal(2)
      await store.commit(
        1,
        await withLayer(store, [{ key: 'a', value: null, deleted: true }], join(root, 'savepoint')),
      )
      await rm(join(root, 'savepoint'), { recursive: true })
      await store.commit(2, await withLayer(store, [{ key: 'c', value: 9 }]))
      expect(
        (await contents(store.path)).map(([, key, , value]) => `${key as string} ${value as number}`).sort(),
      ).to.deep.equal(['b 1', 'c 9'])
      expect(
        (await contents(join(store.path, 'manifests/00000001.json'))).map(([, key]) => key),
      ).to.deep.equal(['b'])
      expect(await store.numbers()).to.deep.equal([1, 2])
      expect((await verifySavepoint(store.path)).findings).to.deep.equal([])
    }))

  it('copies where links are refused, and says how far it is', async function () {
    const elsewhere = '/dev/shm'
    const there = await stat(elsewhere).catch(() => null)
    await inTempFolder(async root => {
      if (there === null || there.dev === (await stat(root)).dev) return this.skip()
      await makeSavepoint(join(root, 'savepoint'))
      const path = join(elsewhere, `headwater-test-${process.pid}`)
      try {
        const store = await openStore(path, clock)
        const steps: [number, number][] = []
        const savepoint = await openSavepoint(join(root, 'savepoint'))
        await store.adopt(savepoint, { onCopied: (done, total) => steps.push([done, total]) })
        expect(steps.length).to.equal(2)
        expect(steps.at(-1)![0]).to.equal(steps.at(-1)![1])
        await store.commit(1, await withLayer(store, [{ key: 'c', value: 9 }], join(root, 'savepoint')))
        expect((await verifySavepoint(path)).findings).to.deep.equal([])
      } finally {
        await rm(path, { recursive: true, force: true })
      }
    })
  })

  it('refuses a savepoint whose segments are damaged in length or gone', () =>
    inTempFolder(async root => {
      await makeSavepoint(join(root, 'savepoint'))
      const savepoint = await openSavepoint(join(root, 'savepoint'))
      const store = await openStore(join(root, 'store'), clock)
      const file = join(root, 'savepoint/segments', (await readdir(join(root, 'savepoint/segments')))[0]!)
      await writeFile(file, 'x')
      expect(codes(await failureOf(() => store.adopt(savepoint)))).to.equal('data corrupt-savepoint')
      await rm(file)
      expect(codes(await failureOf(() => store.adopt(savepoint)))).to.equal('data corrupt-savepoint')
    }))

  it('never falls back to an older checkpoint when the newest is torn', () =>
    inTempFolder(async root => {
      const store = await openStore(root, clock)
      await store.commit(1, sampleDraft())
      await store.commit(2, sampleDraft())
      const newest = join(root, 'manifests/00000002.json')
      const text = await readFile(newest, 'utf8')
      for (const torn of ['', text.slice(0, 100), text.replace('"number": 2', '"number": 1')]) {
        await writeFile(newest, torn)
        expect(codes(await failureOf(() => openSavepoint(root)))).to.equal('data corrupt-manifest')
        const again = await openStore(root, clock)
        expect(again.newestNumber).to.equal(2)
        expect(codes(await failureOf(() => again.newest()))).to.equal('data corrupt-manifest')
      }
      await writeFile(newest, await readFile(join(root, 'manifests/00000001.json')))
      expect((await failureOf(() => openSavepoint(root))).thing).to.contain('$.number')
    }))

  it('does not take what is being written for a checkpoint', () =>
    inTempFolder(async root => {
      const store = await openStore(root, clock)
      await store.commit(1, sampleDraft())
      await writeFile(join(root, 'manifests', `manifests-00000002.json.tmp-${'1'.repeat(32)}`), '{')
      expect((await openSavepoint(root)).manifest.number).to.equal(1)
    }))

  it('lets numbers follow each other, and takes a repeated commit for the same', () =>
    inTempFolder(async root => {
      const store = await openStore(root, clock)
      const first = await store.commit(1, sampleDraft())
      expect(await store.commit(1, sampleDraft())).to.deep.equal(first)
      expect(codes(await failureOf(() => store.commit(3, sampleDraft())))).to.equal('internal bad-number')
      expect(codes(await failureOf(() => store.commit(1, sampleDraft({ createdMs: 0 }))))).to.equal(
        'internal two-manifests',
      )
    }))

  it('fences a former owner by the start of the next', () =>
    inTempFolder(async root => {
      const zombie = await openStore(root, clock)
      await zombie.commit(1, sampleDraft())
      const owner = await openStore(root, clock)
      await owner.commit(2, sampleDraft({ kind: 'start' }))
      const error = await failureOf(() => zombie.commit(2, sampleDraft()))
      expect(codes(error)).to.equal('conflict lost-ownership')
      expect(error.found).to.contain(owner.attempt)
      expect(zombie.newestNumber).to.equal(1)
      await owner.commit(3, sampleDraft())
    }))
  it('refuses foreign folders untouched', () =>
    inTempFolder(async root => {
      await makeSavepoint(join(root, 'savepoint'))
      await mkdir(join(root, 'mine'))
      await writeFile(join(root, 'mine/notes.txt'), '')
      for (const name of ['savepoint', 'mine']) {
        const before = await readdir(join(root, name))
        expect(codes(await failureOf(() => openStore(join(root, name), clock)))).to.equal(
          'invalid foreign-folder',
        )
        expect(await readdir(join(root, name))).to.deep.equal(before)
      }
    }))

  it('gives each number to one of two racing processes', () =>
    inTempFolder(async root => {
      const count = 40
      await openStore(root, clock)
      const children = [1, 2].map(() => startChild('commit-child.ts', ['race', root, String(count)]))
      await Promise.all(children.map(child => child.printed(1)))
      for (const child of children) child.process.stdin!.write('go\n')
      expect(await Promise.all(children.map(child => child.ended))).to.deep.equal([0, 0])
      const results = children.map(
        child => JSON.parse(child.lines[1]!) as { attempt: string; won: number[]; lost: number },
      )
      const numbers = results.flatMap(({ won }) => won).sort((a, b) => a - b)
      expect(numbers).to.deep.equal(Array.from({ length: count }, (_, i) => i + 1))
      for (const { attempt, won } of results) {
        for (const number of won) {
          const { manifest } = await openSavepoint(
            join(root, `manifests/${String(number).padStart(8, '0')}.json`),
          )
          expect(manifest.attempt).to.equal(attempt)
        }
      }
      expect((await readdir(join(root, 'manifests'))).length).to.equal(count)
    }))
})
