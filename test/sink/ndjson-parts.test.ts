// An output in parts: what counts has a final name, and nothing that a former owner does reaches it.
import { expect } from 'chai'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../src/clock.ts'
import { ndjsonParts } from '../../src/sink/ndjson-parts.ts'
import type { OpenSink } from '../../src/sink/sink.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { attempt, cat, commit, counted, hidden, numbers, partSinks, runOf, text, visible } from './parts.ts'

describe('ndjson sink in parts', () => {
  const tempFolder = tempFolders()
  const open = partSinks()

  it('says what it is and what it promises', () => {
    const folder = join(tempFolder(), 'out')
    expect(ndjsonParts(folder)).to.include({
      name: `ndjson:${folder}/`,
      guarantee: 'exactly-once',
      file: folder,
    })
  })

  it('counts what was prepared; a part has its name when the run has ended with it', async () => {
    const folder = join(tempFolder(), 'out')
    const sink = await open(folder, null, runOf(1))
    expect(await counted(await commit(sink))).to.equal('')
    expect(readdirSync(folder)).to.deep.equal([])
    await sink.write(numbers(1, 2))
    const first = await commit(sink)
    await sink.write(numbers(3))
    expect(visible(folder)).to.deep.equal([])
    expect(await counted(first)).to.equal(text(1, 2))
    const last = await commit(sink, true)
    expect(visible(folder)).to.deep.equal(['part-00000001-0000-000001.ndjson'])
    expect(hidden(folder)).to.deep.equal([])
    expect(cat(folder)).to.equal(text(1, 2, 3))
    expect(await counted(last)).to.equal(text(1, 2, 3))
    // What an earlier checkpoint counts can still be read by its state.
    expect(await counted(first)).to.equal(text(1, 2))
  })

  it('a part ends at a checkpoint when it is large, or old', async () => {
    const folder = join(tempFolder(), 'out')
    let now = 0
    const clock: Clock = { ...systemClock, monotonicMs: () => now }
    const sink = await open(folder, null, runOf(1, clock), { rollBytes: 25, rollMs: 1000 })
    await sink.write(numbers(1, 2))
    await commit(sink)
    expect(visible(folder)).to.have.length(0)
    await sink.write(numbers(3, 4))
    await commit(sink)
    expect(visible(folder)).to.have.length(1)
    await sink.write(numbers(5))
    now = 999
    await commit(sink)
    expect(visible(folder)).to.have.length(1)
    now = 1000
    const state = await commit(sink)
    expect(visible(folder)).to.have.length(2)
    await sink.write(numbers(6))
    expect(await counted(state)).to.equal(text(1, 2, 3, 4, 5))
    expect(cat(folder)).to.equal(text(1, 2, 3, 4, 5))
  })

  it('tasks that begin at once all finish what was left open: one that sees it, and finds it gone, goes on', async () => {
    const folder = join(tempFolder(), 'out')
    const former = await open(folder, null, runOf(1))
    await former.write(numbers(1, 2))
    const state = await commit(former)
    const { copyFile } = fs
    const restore = (): void => {
      fs.copyFile = copyFile
      syncBuiltinESMExports()
    }
    let faster = 0
    fs.copyFile = async (...args) => {
      restore()
      await open(folder, state, { ...runOf(5), task: 1, attempt: attempt(6) })
      faster++
      await copyFile(...args)
    }
    syncBuiltinESMExports()
    try {
      await open(folder, state, runOf(5))
    } finally {
      restore()
    }
    expect(faster).to.equal(1)
    expect(cat(folder)).to.equal(text(1, 2))
  })

  it('a successor cuts off what was not counted, and a former owner that wakes reaches nothing', async () => {
    const folder = join(tempFolder(), 'out')
    const former = await open(folder, null, runOf(1))
    await former.write(numbers(1, 2))
    const state = await commit(former)
    await former.write(numbers(3)) // not counted
    const successor = await open(folder, state, runOf(5))
    expect(cat(folder)).to.equal(text(1, 2))
    await former.write(numbers(4)) // into a file without a name
    await successor.write(numbers(30))
    expect(hidden(folder)).to.have.length(1)
    await former.prepare(true)
    await rejects(former.committed(), 'conflict', 'lost-ownership')
    const end = await commit(successor, true)
    expect(visible(folder)).to.deep.equal([
      'part-00000001-0000-000001.ndjson',
      'part-00000005-0000-000001.ndjson',
    ])
    expect(cat(folder)).to.equal(text(1, 2, 30))
    expect(await counted(end)).to.equal(text(1, 2, 30))
  })

  it('a former owner that begins a part after it was replaced leaves nothing that counts, and the next start removes it', async () => {
    const folder = join(tempFolder(), 'out')
    const former = await open(folder, null, runOf(1))
    const state = await commit(former)
    const successor = await open(folder, state, runOf(2))
    await successor.write(numbers(10))
    const next = await commit(successor)
    await former.write(numbers(1, 2, 3))
    expect(await counted(next)).to.equal(text(10))
    const third = await open(folder, next, runOf(3))
    expect(hidden(folder)).to.deep.equal([])
    const last = await commit(third, true)
    expect(cat(folder)).to.equal(text(10))
    expect(await counted(last)).to.equal(text(10))
  })

  it('a start that was frozen removes nothing of its successor', async () => {
    const folder = join(tempFolder(), 'out')
    const first = await open(folder, null, runOf(1))
    await first.write(numbers(1))
    const state = await commit(first)
    const successor = await open(folder, state, runOf(3))
    await successor.write(numbers(2))
    // Generation 2 committed its manifest, froze, and wakes only now.
    await open(folder, state, runOf(2))
    const last = await commit(successor, true)
    expect(cat(folder)).to.equal(text(1, 2))
    expect(await counted(last)).to.equal(text(1, 2))
  })

  for (const stop of ['before the commit', 'after the commit', 'between its two names'] as const) {
    it(`a run that is killed ${stop} of a part's last bytes: the next start has each once`, async () => {
      const folder = join(tempFolder(), 'out')
      const sink = await open(folder, null, runOf(1))
      await sink.write(numbers(1))
      const before = await commit(sink)
      await sink.write(numbers(2))
      const prepared = await sink.prepare(true)
      if (stop === 'between its two names') {
        await sink.committed()
        const name = visible(folder)[0]!
        const id = name.slice(0, -'.ndjson'.length)
        writeFileSync(join(folder, `.${id}.${attempt(1)}.open`), readFileSync(join(folder, name)))
      }
      const state = stop === 'before the commit' ? before : prepared
      const next = await open(folder, state, runOf(2))
      expect(cat(folder)).to.equal(stop === 'before the commit' ? text(1) : text(1, 2))
      expect(hidden(folder)).to.deep.equal([])
      await next.write(numbers(3))
      expect(await counted(await commit(next, true))).to.equal(cat(folder))
    })
  }

  it('a start that is killed while it finishes is repeated', async () => {
    const folder = join(tempFolder(), 'out')
    const sink = await open(folder, null, runOf(1))
    await sink.write(numbers(1))
    const state = await commit(sink)
    await open(folder, state, runOf(2))
    writeFileSync(join(folder, `.part-00000001-0000-000001.${attempt(2)}.copy`), text(1))
    await open(folder, state, runOf(3))
    expect(cat(folder)).to.equal(text(1))
    expect(hidden(folder)).to.deep.equal([])
  })

  it('finished parts belong to the reader: moved away, the output goes on', async () => {
    const folder = join(tempFolder(), 'out')
    const sink = await open(folder, null, runOf(1))
    await sink.write(numbers(1))
    const state = await commit(sink, true)
    rmSync(join(folder, visible(folder)[0]!))
    const next = await open(folder, state, runOf(2))
    await next.write(numbers(2))
    const last = await commit(next, true)
    expect(cat(folder)).to.equal(text(2))
    await rejects(counted(last), 'data', 'sink-lost-output')
  })

  it('parts that a start finished may be taken before its first checkpoint: the next start goes on', async () => {
    const folder = join(tempFolder(), 'out')
    const sink = await open(folder, null, runOf(1))
    await sink.write(numbers(1))
    const fenced = (await ndjsonParts(folder).fenced?.(await commit(sink)))!
    expect(await counted(fenced)).to.equal(text(1))
    await open(folder, fenced, runOf(2)) // and is killed
    expect(cat(folder)).to.equal(text(1))
    rmSync(join(folder, visible(folder)[0]!))
    await ndjsonParts(folder).check?.(fenced, runOf(3))
    const next = await open(folder, fenced, runOf(3))
    await next.write(numbers(2))
    await commit(next, true)
    expect(cat(folder)).to.equal(text(2))
    // What was finished long ago is not carried on for ever.
    expect(await ndjsonParts(folder).fenced?.(fenced)).to.include({ finishing: '' })
  })

  it('of tasks that begin at once one finishes a part: a reader that takes it at once has it once', async () => {
    const folder = join(tempFolder(), 'out')
    const former = await open(folder, null, runOf(1))
    await former.write(numbers(1, 2))
    const state = await commit(former)
    const taken: string[] = []
    const { copyFile } = fs
    const restore = (): void => {
      fs.copyFile = copyFile
      syncBuiltinESMExports()
    }
    const openTask = async (task: number): Promise<OpenSink> =>
      open(folder, state, { ...runOf(5), task, tasks: 2, attempt: attempt(5 + task) })
    fs.copyFile = async (...args) => {
      restore()
      await copyFile(...args)
      await openTask(1)
      taken.push(cat(folder))
      for (const name of visible(folder)) rmSync(join(folder, name))
    }
    syncBuiltinESMExports()
    try {
      await openTask(0)
    } finally {
      restore()
    }
    taken.push(cat(folder))
    expect(taken.join('')).to.equal(text(1, 2))
    expect(hidden(folder)).to.deep.equal([])
  })

  it('a task leaves alone what another is to finish, and counts it', async () => {
    const folder = join(tempFolder(), 'out')
    const former = await open(folder, null, { ...runOf(1), task: 1, tasks: 2 })
    await former.write(numbers(1))
    const state = (await ndjsonParts(folder).fenced?.(await commit(former)))!
    const other = await open(folder, state, { ...runOf(2), task: 0, tasks: 2 })
    await other.write(numbers(2))
    const last = await commit(other, true)
    expect(cat(folder)).to.equal(text(2))
    expect(await counted(last)).to.equal(text(1, 2))
    await open(folder, last, runOf(3))
    expect(cat(folder)).to.equal(text(1, 2))
    expect(hidden(folder)).to.deep.equal([])
  })

  it('a part that lost some of what counts is told of, also where it is to be finished', async () => {
    const folder = join(tempFolder(), 'out')
    const former = await open(folder, null, runOf(1))
    await former.write(numbers(1, 2))
    const state = (await ndjsonParts(folder).fenced?.(await commit(former)))!
    writeFileSync(join(folder, hidden(folder)[0]!), text(1))
    await rejects(open(folder, state, runOf(2)), 'data', 'sink-lost-output')
  })

  it('a repaired lineage goes on under names that the former one never had', async () => {
    const folder = join(tempFolder(), 'out')
    const sink = await open(folder, null, runOf(7))
    await sink.write(numbers(1))
    const state = await commit(sink, true)
    // Another store counts its starts from 1 again.
    const other = await open(folder, state, runOf(1))
    await other.write(numbers(2))
    await commit(other, true)
    expect(visible(folder)).to.deep.equal([
      'part-00000007-0000-000001.ndjson',
      'part-00000008-0000-000001.ndjson',
    ])
  })
})
