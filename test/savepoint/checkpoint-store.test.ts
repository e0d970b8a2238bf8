import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { HeadwaterError } from '../../src/errors.ts'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { openStore, type CheckpointStore } from '../../src/savepoint/checkpoint-store.ts'
import type { ManifestDraft } from '../../src/savepoint/manifest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { openSegment } from '../../src/savepoint/segment-writer.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { startChild } from './children.ts'
import { failureOf } from './failing.ts'
import { collect, draftOf, entryRowsOf, writeLayers, type Row } from './model.ts'
import { countingClock, inTempFolder, sampleDraft } from './samples.ts'

const table: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}
const clock = countingClock()
const codes = ({ kind, code }: HeadwaterError): string => `${kind} ${code}`

/** A savepoint with a and b. */
async function makeSavepoint(path: string): Promise<void> {
  const folder = await prepareFolder(path, clock)
  const changes = ['a', 'b'].map(key => ({ key, clear: false, values: [1] }))
  await folder.commit(sampleDraft(draftOf(table, await writeLayers(folder, table, 4, [changes]), 4)))
}

/** The newest checkpoint's draft with one layer more. */
async function withLayer(
  store: CheckpointStore,
  rows: readonly Row[],
  from?: string,
): Promise<ManifestDraft> {
  const { manifest } = from === undefined ? (await store.newest())! : await openSavepoint(from)
  const writer = openSegment(store, table, 'delta')
  writer.append(entryRowsOf(table, 'delta', 4, rows))
  const layer = { segments: [await writer.finish()] }
  const [operator] = manifest.operators
  const [state] = operator!.states
  const operators = [{ ...operator!, states: [{ ...state!, layers: [...state!.layers, layer] }] }]
  return {
    ...sampleDraft(),
    keyGroups: 4,
    operators,
    stateDigest: null,
    counts: { sources: [], operators: [] },
  }
}

const contents = async (path: string) => collect(table, scanState(await openSavepoint(path), 'op', 'total'))

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

  it('removes what dead attempts left and no manifest names, and nothing else', () =>
    inTempFolder(async root => {
      await makeSavepoint(join(root, 'savepoint'))
      const path = join(root, 'store')
      const dead = await openStore(path, clock)
      await dead.adopt(await openSavepoint(join(root, 'savepoint')))
      await dead.commit(1, await withLayer(dead, [{ key: 'c', value: 9 }], join(root, 'savepoint')))
      await withLayer(dead, [{ key: 'd', value: 9 }]) // never committed
      await writeFile(join(path, 'manifests', `manifests-00000002.json.tmp-${dead.attempt}`), '{')
      await writeFile(join(path, 'segments/notes.txt'), 'mine')
      const owner = await openStore(path, clock)
      await owner.commit(2, await withLayer(owner, [{ key: 'e', value: 9 }]))
      await withLayer(owner, [{ key: 'f', value: 9 }]) // being written
      const { files } = await owner.removeLeftovers()
      expect(files.length).to.equal(3)
      expect(files.every(file => file.includes(dead.attempt))).to.equal(true)
      expect((await owner.removeLeftovers()).files).to.deep.equal([])
      const { findings } = await verifySavepoint(path)
      expect(findings.map(({ what }) => what)).to.deep.equal(Array(3).fill('no manifest names it'))
    }))

  it('removes bad records that were kept for a checkpoint that never came: they were kept again', () =>
    inTempFolder(async root => {
      const path = join(root, 'store')
      const first = await openStore(path, clock)
      await first.commit(1, sampleDraft())
      const second = await openStore(path, clock)
      await second.commit(2, sampleDraft())
      const owner = await openStore(path, clock)
      await owner.commit(3, sampleDraft())
      await mkdir(join(path, 'bad'))
      const keep = async (source: string, number: number, attempt: string): Promise<string> => {
        const name = `${source}.${number}.${attempt}.parquet`
        await writeFile(join(path, 'bad', name), '')
        return name
      }
      const counted = [
        await keep('s', 1, first.attempt),
        await keep('s', 2, second.attempt),
        await keep('s', 4, owner.attempt), // being written
      ]
      const dead = [
        await keep('s', 2, first.attempt),
        await keep('other.2', 3, second.attempt),
        await keep('s', 4, second.attempt),
      ]
      const { files } = await owner.removeLeftovers()
      expect(files).to.have.members(dead.map(name => `bad/${name}`))
      expect(await readdir(join(path, 'bad'))).to.have.members(counted)
      await rm(join(path, 'manifests/00000001.json')) // let go: what it counted stays
      expect((await owner.removeLeftovers()).files).to.deep.equal([])
    }))

  it('removes nothing while a manifest can not be read', () =>
    inTempFolder(async root => {
      const store = await openStore(root, clock)
      await store.commit(1, sampleDraft())
      await store.commit(2, sampleDraft())
      const stray = `op.total.${'9'.repeat(32)}.1.arrow`
      await writeFile(join(root, 'segments', stray), '')
      await writeFile(join(root, 'manifests/00000001.json'), '')
      expect(codes(await failureOf(() => store.removeLeftovers()))).to.equal('data corrupt-manifest')
      expect(await readdir(join(root, 'segments'))).to.deep.equal([stray])
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

describe('opening a savepoint', () => {
  it('says what is there instead', () =>
    inTempFolder(async root => {
      const found = async (path: string): Promise<string> => {
        const { kind, code, found: what } = await failureOf(() => openSavepoint(path))
        return `${kind} ${code}: ${what}`
      }
      expect(await found(join(root, 'none'))).to.match(/^invalid no-such-file/)
      expect(await found(root)).to.equal('invalid not-a-savepoint: an empty folder')
      await writeFile(join(root, 'a.txt'), '')
      expect(await found(root)).to.equal('invalid not-a-savepoint: a folder with a.txt')
      expect(await found(join(root, 'a.txt'))).to.equal('invalid not-a-savepoint: a file named a.txt')
      await mkdir(join(root, 'store/manifests'), { recursive: true })
      expect(await found(join(root, 'store'))).to.contain('without any')
    }))

  it('refuses segments that are a link out of the folder', async function () {
    if (process.platform === 'win32') return this.skip()
    await inTempFolder(async root => {
      const { symlink } = await import('node:fs/promises')
      await makeSavepoint(join(root, 'savepoint'))
      await rename(join(root, 'savepoint/segments'), join(root, 'elsewhere'))
      await symlink(join(root, 'elsewhere'), join(root, 'savepoint/segments'))
      expect(codes(await failureOf(() => openSavepoint(join(root, 'savepoint'))))).to.equal(
        'data corrupt-savepoint',
      )
    })
  })
})
