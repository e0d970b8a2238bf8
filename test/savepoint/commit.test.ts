import { setTimeout as pause } from 'node:timers/promises'
import { chmod, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { HeadwaterError } from '../../src/errors.ts'
import { prepareFolder, type AttemptFolder } from '../../src/savepoint/attempt-folder.ts'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { startChild, type Child } from './children.ts'
import { failureOf } from './failing.ts'
import { draftOf, writeLayers } from './model.ts'
import { countingClock, inTempFolder, sampleDraft } from './samples.ts'

const table: StateTable = {
  uid: 'spend per customer!',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}

const clock = countingClock()

/** Writes one segment and gives the draft that names it. */
async function segmentAndDraft(folder: AttemptFolder) {
  const state = await writeLayers(folder, table, 4, [[{ key: 'a', clear: false, values: [1] }]])
  return sampleDraft(draftOf(table, state, 4))
}

const codes = ({ kind, code }: HeadwaterError): string => `${kind} ${code}`

describe('commit of a savepoint', () => {
  it('shows nothing before, all after, and leaves no other file', () =>
    inTempFolder(async root => {
      const path = join(root, 'deep/er/savepoint')
      const folder = await prepareFolder(path, clock)
      expect(codes(await failureOf(() => openSavepoint(path)))).to.equal('invalid not-a-savepoint')
      const draft = await segmentAndDraft(folder)
      const before = await failureOf(() => openSavepoint(path))
      expect(codes(before)).to.equal('invalid not-a-savepoint')
      expect(before.found).to.contain('unfinished')
      const manifest = await folder.commit(draft)
      expect((await openSavepoint(path)).manifest).to.deep.equal(manifest)
      expect((await openSavepoint(join(path, 'manifest.json'))).folder).to.equal(
        (await openSavepoint(path)).folder,
      )
      expect((await readdir(path)).sort()).to.deep.equal(['manifest.json', 'segments'])
      expect((await verifySavepoint(path)).findings).to.deep.equal([])
    }))

  it('takes its own success for success when it is repeated, and nothing else', () =>
    inTempFolder(async root => {
      const folder = await prepareFolder(root, clock)
      const draft = await segmentAndDraft(folder)
      await mkdir(join(root, 'keep'))
      const manifest = await folder.commit(draft)
      await mkdir(folder.scratchPath) // as if the answer, and the clean-up after it, had been lost
      expect(await folder.commit(draft)).to.deep.equal(manifest)
      await mkdir(folder.scratchPath)
      expect(codes(await failureOf(() => folder.commit({ ...draft, createdMs: 5 })))).to.equal(
        'internal two-manifests',
      )
    }))

  it('refuses when a savepoint came in between', () =>
    inTempFolder(async root => {
      const folder = await prepareFolder(root, clock)
      const draft = await segmentAndDraft(folder)
      await inTempFolder(async other => {
        await (await prepareFolder(other, clock)).commit(sampleDraft({ operators: [] }))
        await link(join(other, 'manifest.json'), join(root, 'manifest.json'))
      })
      const error = await failureOf(() => folder.commit(draft))
      expect(codes(error)).to.equal('conflict already-exists')
      await folder.abandon()
      expect(await readdir(root)).to.include('manifest.json')
    }))

  it('never names a segment that is not there', () =>
    inTempFolder(async root => {
      const folder = await prepareFolder(root, clock)
      const draft = await segmentAndDraft(folder)
      const [file] = (await readdir(join(root, 'segments'))).filter(name => name.endsWith('.arrow'))
      await rm(join(root, 'segments', file!))
      expect(codes(await failureOf(() => folder.commit(draft)))).to.equal('conflict lost-ownership')
      expect(codes(await failureOf(() => openSavepoint(root)))).to.equal('invalid not-a-savepoint')
    }))
})

describe('the folder of a new savepoint', () => {
  it('is refused when a savepoint, a store or foreign files are in it, and nothing is touched', () =>
    inTempFolder(async root => {
      await (await prepareFolder(join(root, 'taken'), clock)).commit(sampleDraft({ operators: [] }))
      expect(codes(await failureOf(() => prepareFolder(join(root, 'taken'), clock)))).to.equal(
        'conflict savepoint-exists',
      )
      await openStore(join(root, 'store'), clock)
      expect(codes(await failureOf(() => prepareFolder(join(root, 'store'), clock)))).to.equal(
        'invalid foreign-folder',
      )
      for (const name of ['notes.txt', 'segments/mine.arrow', 'attempt-1/x']) {
        const path = join(root, `foreign ${name.length}`)
        await mkdir(join(path, name, '..'), { recursive: true })
        await writeFile(join(path, name), 'precious')
        const error = await failureOf(() => prepareFolder(path, clock))
        expect(codes(error)).to.equal('invalid foreign-folder')
        expect(await readFile(join(path, name), 'utf8')).to.equal('precious')
      }
      await writeFile(join(root, 'file'), '')
      expect((await failureOf(() => prepareFolder(join(root, 'file'), clock))).kind).to.equal('invalid')
      expect((await failureOf(() => prepareFolder(join(root, 'file/below'), clock))).kind).to.equal('invalid')
    }))

  it('is cleaned of what a killed attempt left', () =>
    inTempFolder(async root => {
      await segmentAndDraft(await prepareFolder(root, clock))
      await mkdir(join(root, 'bad'))
      await writeFile(join(root, 'bad/purchases.parquet'), '')
      const folder = await prepareFolder(root, clock)
      await folder.commit(await segmentAndDraft(folder))
      expect((await verifySavepoint(root)).findings).to.deep.equal([])
      expect(await readdir(join(root, 'segments'))).to.have.length(2)
    }))

  it('ends an attempt that is still alive, which then can never commit', () =>
    inTempFolder(async root => {
      const first = await prepareFolder(root, clock)
      const draft = await segmentAndDraft(first)
      const second = await prepareFolder(root, clock)
      expect(codes(await failureOf(() => first.commit(draft)))).to.equal('conflict lost-ownership')
      await first.abandon()
      await second.commit(await segmentAndDraft(second))
      expect(codes(await failureOf(() => first.commit(draft)))).to.match(/^conflict/)
      expect((await verifySavepoint(root)).findings).to.deep.equal([])
    }))

  it('is gone when the attempt is given up, unless it holds other things', () =>
    inTempFolder(async root => {
      const folder = await prepareFolder(join(root, 'new'), clock)
      await segmentAndDraft(folder)
      await folder.abandon()
      expect(await readdir(root)).to.deep.equal([])
    }))

  it('says who may not write where', async function () {
    if (process.platform !== 'linux') return this.skip()
    await inTempFolder(async root => {
      await chmod(root, 0o555)
      const place = process.getuid?.() === 0 ? '/sys/headwater' : join(root, 'savepoint')
      const error = await failureOf(() => prepareFolder(place, clock))
      expect(codes(error)).to.equal('unavailable no-access')
      expect(error.message).to.contain(place)
    })
  })

  it('keeps nothing half-written when the disk is full', async function () {
    if (process.platform === 'win32') return this.skip()
    await inTempFolder(async root => {
      const path = join(root, 'savepoint')
      const child = startChild('commit-child.ts', ['write', path], 128)
      expect(await child.ended).to.equal(0)
      const error = JSON.parse(child.lines[1]!) as Record<string, string>
      expect(error).to.include({ kind: 'unavailable', code: 'disk-full' })
      expect(error.thing).to.contain(path)
      expect(await readdir(root)).to.deep.equal([])
    })
  })
})

describe('failure 13: segments that were flushed do not survive a crash without their manifest', () => {
  it('killed after the last flush, before the commit', () => killedAndRepaired(child => child.printed(2)))

  it('killed on the way', () => killedAndRepaired(child => child.printed(1)))

  it('killed about the time of the commit: all or nothing', () =>
    inTempFolder(async root => {
      const path = join(root, 'savepoint')
      const child = startChild('commit-child.ts', ['write', path])
      await child.printed(2)
      child.process.stdin!.write('\n')
      await pause(2)
      child.process.kill('SIGKILL')
      await child.ended
      if ((await readdir(path)).includes('manifest.json'))
        expect((await verifySavepoint(path)).sound).to.equal(true)
      else expect(codes(await failureOf(() => openSavepoint(path)))).to.equal('invalid not-a-savepoint')
    }))
})

/** Kills a writer once that much is printed; nothing is visible, and the next attempt cleans up and succeeds. */
async function killedAndRepaired(isTime: (child: Child) => Promise<void>): Promise<void> {
  await inTempFolder(async root => {
    const path = join(root, 'savepoint')
    const child = startChild('commit-child.ts', ['write', path])
    await isTime(child)
    child.process.kill('SIGKILL')
    await child.ended
    expect(codes(await failureOf(() => openSavepoint(path)))).to.equal('invalid not-a-savepoint')
    const folder = await prepareFolder(path, clock)
    await folder.commit(await segmentAndDraft(folder))
    expect((await verifySavepoint(path)).findings).to.deep.equal([])
  })
}
