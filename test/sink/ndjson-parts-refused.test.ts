import { expect } from 'chai'
import { appendFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ndjsonParts } from '../../src/sink/ndjson-parts.ts'
import type { SinkState } from '../../src/sink/sink.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { commit, hidden, numbers, partSinks, runOf, text } from './parts.ts'

describe('ndjson sink in parts refuses, and touches nothing:', () => {
  const tempFolder = tempFolders()
  const open = partSinks()

  async function refused(
    folder: string,
    state: SinkState,
    kind: 'conflict' | 'data' | 'invalid',
    code: string,
  ): Promise<void> {
    const before = readdirSync(folder).map(name => [name, statSync(join(folder, name)).size])
    await rejects(Promise.resolve(ndjsonParts(folder).check?.(state)), kind, code)
    await rejects(ndjsonParts(folder).open(state, null, runOf(9)), kind, code)
    expect(readdirSync(folder).map(name => [name, statSync(join(folder, name)).size])).to.deep.equal(before)
  }

  async function written(...records: readonly number[]): Promise<{ folder: string; state: SinkState }> {
    const folder = join(tempFolder(), 'out')
    const sink = await open(folder, null, runOf(1))
    await sink.write(numbers(...records))
    return { folder, state: await commit(sink) }
  }

  it('parts that no checkpoint tells of', async () => {
    const { folder, state } = await written(1)
    await refused(folder, null, 'conflict', 'sink-not-empty')
    await open(folder, state, runOf(2))
    await refused(folder, null, 'conflict', 'sink-not-empty')
  })

  it('parts of somebody else', async () => {
    const { folder, state } = await written(1)
    writeFileSync(join(folder, 'part-00000001-0000-000002.ndjson'), text(5))
    await refused(folder, state, 'conflict', 'other-sink-output')
  })

  it('an open part that is gone, too short or another one', async () => {
    const { folder, state } = await written(1, 2)
    const path = join(folder, hidden(folder)[0]!)
    writeFileSync(path, text(1))
    await refused(folder, state, 'data', 'sink-lost-output')
    writeFileSync(path, text(1, 3))
    await refused(folder, state, 'data', 'sink-lost-output')
    rmSync(path)
    await refused(folder, state, 'data', 'sink-lost-output')
  })

  it('the state of another kind of sink, a file, and a folder in none', async () => {
    const folder = tempFolder()
    await refused(folder, { bytes: 3, path: '/x', tail: 'y' }, 'invalid', 'bad-sink-state')
    appendFileSync(join(folder, 'file'), '')
    const run = runOf(1)
    await rejects(ndjsonParts(join(folder, 'file')).open(null, null, run), 'invalid', 'bad-sink-file')
    await rejects(ndjsonParts(join(folder, 'a', 'b')).open(null, null, run), 'invalid', 'bad-sink-file')
  })
})
