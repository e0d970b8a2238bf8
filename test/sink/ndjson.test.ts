import { createHash } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { fieldsOf } from '../../src/record/record.ts'
import { t } from '../../src/record/type.ts'
import { ndjson } from '../../src/sink/ndjson.ts'
import type { OpenSink, SinkState } from '../../src/sink/sink.ts'
import { startChild, startChildOnFullDisk } from '../child.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'

describe('ndjson sink', () => {
  const tempFolder = tempFolders()
  const open: OpenSink[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map(sink => sink.close()))
  })

  const newFile = (): string => join(tempFolder(), 'out.ndjson')
  const lines = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1)

  async function openSink(
    file: string,
    state: SinkState,
    fields = null as Parameters<OpenFn>[1],
  ): Promise<OpenSink> {
    const sink = await ndjson(file).open(state, fields)
    open.push(sink)
    return sink
  }
  type OpenFn = ReturnType<typeof ndjson>['open']

  it('says what it is and what it promises', () => {
    const sink = ndjson('a/b.ndjson')
    expect(sink.name).to.equal('ndjson:a/b.ndjson')
    expect(sink.guarantee).to.equal('exactly-once-after-crash')
  })

  it('writes a line a record, in order, and records its length', async () => {
    const file = newFile()
    const sink = await openSink(file, null)
    expect(await sink.prepare()).to.deep.include({ bytes: 0, path: file })
    await sink.write([{ a: 1 }, { b: 'ü\n' }])
    await sink.write([])
    await sink.write([{ c: null }])
    const text = '{"a":1}\n{"b":"ü\\n"}\n{"c":null}\n'
    expect(readFileSync(file, 'utf8')).to.equal(text)
    expect(await sink.prepare()).to.deep.equal({
      bytes: Buffer.byteLength(text),
      path: file,
      tail: createHash('sha256').update(text).digest('hex'),
    })
  })

  it('encodes by the schema where there is one', async () => {
    const file = newFile()
    const sink = await openSink(file, null, fieldsOf({ id: t.int64(), on: t.date(), rate: t.float64() }))
    await sink.write([{ id: 2n ** 62n, on: 1, rate: NaN }])
    expect(lines(file)).to.deep.equal(['{"id":"4611686018427387904","on":"1970-01-02","rate":"NaN"}'])
  })

  it('writes large flushes whole', async () => {
    const file = newFile()
    const sink = await openSink(file, null)
    await sink.write(Array.from({ length: 10_000 }, (_, n) => ({ n })))
    expect(lines(file).map(line => (JSON.parse(line) as { n: number }).n)).to.deep.equal(
      Array.from({ length: 10_000 }, (_, n) => n),
    )
  })

  it('is cut back to what the checkpoint recorded', async () => {
    const file = newFile()
    const first = await openSink(file, null)
    await first.write([{ n: 1 }])
    const state = await first.prepare()
    await first.write([{ n: 2 }, { n: 3 }])
    await first.close()
    open.length = 0
    appendFileSync(file, '{"n":') // a line torn by a crash
    const second = await openSink(file, state)
    expect(lines(file)).to.deep.equal(['{"n":1}'])
    await second.write([{ n: 2 }])
    expect(lines(file)).to.deep.equal(['{"n":1}', '{"n":2}'])
  })

  it('begins again from nothing where the checkpoint recorded nothing', async () => {
    const file = newFile()
    const first = await openSink(file, null)
    const state = await first.prepare()
    await first.write([{ n: 1 }])
    await openSink(file, state)
    expect(readFileSync(file, 'utf8')).to.equal('')
  })

  describe('never cuts a file that is not the one of the checkpoint', () => {
    const foreign = '{"precious":1}\n{"precious":2}\n'

    async function refuses(file: string, state: SinkState, kind: 'conflict' | 'data', code: string) {
      const before = readFileSync(file, 'utf8')
      await rejects(ndjson(file).check!(state), kind, code)
      await rejects(openSink(file, state), kind, code)
      expect(readFileSync(file, 'utf8')).to.equal(before)
    }

    it('where the checkpoint recorded nothing, and the file has content', async () => {
      const folder = tempFolder()
      const state = await (await openSink(join(folder, 'out'), null)).prepare()
      writeFileSync(join(folder, 'other'), foreign)
      await refuses(join(folder, 'other'), state, 'conflict', 'sink-not-empty')
      await refuses(join(folder, 'other'), { bytes: 0 }, 'conflict', 'sink-not-empty')
    })

    it('where lines end at the recorded length by chance', async () => {
      const file = newFile()
      const sink = await openSink(file, null)
      await sink.write([{ n: 1 }, { n: 2 }])
      const state = await sink.prepare()
      writeFileSync(file, '{"n":1}\n{"m":2}\n{"n":3}\n')
      await refuses(file, state, 'data', 'sink-lost-output')
    })

    it('where another file begins alike: a copy of the same length is taken, a longer one is not', async () => {
      const file = newFile()
      const sink = await openSink(file, null)
      await sink.write([{ n: 1 }])
      const state = await sink.prepare()
      const moved = newFile()
      copyFileSync(file, moved)
      appendFileSync(moved, '{"n":7}\n')
      await refuses(moved, state, 'conflict', 'other-sink-file')
      truncateSync(moved, 8)
      await (await openSink(moved, state)).write([{ n: 2 }])
      expect(lines(moved)).to.deep.equal(['{"n":1}', '{"n":2}'])
    })

    it('knows a file by its last 4 KiB, and goes on from checkpoints that recorded the length alone', async () => {
      const file = newFile()
      const sink = await openSink(file, null)
      await sink.write(Array.from({ length: 2000 }, (_, n) => ({ n })))
      const state = await sink.prepare()
      const { bytes } = state as { bytes: number }
      appendFileSync(file, 'torn')
      await openSink(file, { bytes })
      expect(readFileSync(file).length).to.equal(bytes)
      await openSink(file, state)
      const text = readFileSync(file)
      text[bytes - 3] = 0x30
      writeFileSync(file, text)
      await refuses(file, state, 'data', 'sink-lost-output')
    })
  })

  it('refuses to begin in a file with content', async () => {
    const file = newFile()
    writeFileSync(file, 'something of mine')
    const error = await rejects(openSink(file, null), 'conflict', 'sink-not-empty')
    expect(error.remedy).to.be.a('string')
    expect(readFileSync(file, 'utf8')).to.equal('something of mine')
  })

  describe('output that was lost', () => {
    const losses: Record<string, readonly [found: string, lose: (file: string) => void]> = {
      'a shorter file': [
        '8 bytes',
        file => {
          truncateSync(file, 8)
        },
      ],
      'no file': [
        'no file',
        file => {
          rmSync(file)
        },
      ],
      'another file in its place': [
        'other content',
        file => {
          writeFileSync(file, `{"text":"${'x'.repeat(100)}"}\n`)
        },
      ],
    }
    for (const [what, [found, lose]] of Object.entries(losses)) {
      it(`${what} is an error, and nothing is touched`, async () => {
        const file = newFile()
        const sink = await openSink(file, null)
        await sink.write([{ n: 1 }, { n: 2 }])
        const state = await sink.prepare()
        lose(file)
        const before = existsSync(file) ? readFileSync(file, 'utf8') : null
        const error = await rejects(openSink(file, state), 'data', 'sink-lost-output')
        expect(error.found).to.equal(found)
        expect(existsSync(file) ? readFileSync(file, 'utf8') : null).to.equal(before)
      })
    }
  })

  it('refuses what is no file, a folder that is not there, and the state of another sink', async () => {
    const folder = tempFolder()
    await rejects(openSink(folder, null), 'invalid', 'bad-sink-file')
    await rejects(openSink(join(folder, 'no', 'such'), null), 'invalid', 'bad-sink-file')
    await rejects(openSink('/dev/null', null), 'invalid', 'bad-sink-file')
    await rejects(openSink(join(folder, 'out'), { transaction: 'x' }), 'invalid', 'bad-sink-state')
  })

  it('refuses a record that JSON can not say, and leaves the file as it was', async () => {
    const file = newFile()
    const sink = await openSink(file, null)
    await sink.write([{ n: 1 }])
    await rejects(sink.write([{ n: 2 }, { n: undefined }]), 'data', 'not-json')
    await sink.write([{ n: 3 }])
    expect(lines(file)).to.deep.equal(['{"n":1}', '{"n":3}'])
  })

  it('on a full disk leaves no part of the flush behind, and can go on when there is room', async () => {
    const file = newFile()
    const child = startChildOnFullDisk(32, new URL('full-disk-child.ts', import.meta.url), file)
    expect(await child.nextLine()).to.match(/^unavailable sink-write-failed: ndjson:.* make room/)
    expect(JSON.parse(await child.nextLine())).to.include({ bytes: 23 })
    await child.kill()
    expect(lines(file)).to.deep.equal(['{"n":"before"}', '{"n":2}'])
  })

  it('killed between write and prepare: opened at the last checkpoint it gives each line once', async () => {
    const file = newFile()
    let state: SinkState = null
    for (let round = 0; round < 3; round++) {
      const child = startChild(new URL('sink-child.ts', import.meta.url), file, JSON.stringify(state))
      const prepared = [await child.nextLine(), await child.nextLine()]
      prepared.push(...(await child.kill()))
      state = JSON.parse(prepared.findLast(line => line.endsWith('}'))!) as SinkState
    }
    const sink = await openSink(file, state)
    await sink.close()
    open.length = 0
    const numbers = lines(file).map(line => (JSON.parse(line) as { n: number }).n)
    expect(numbers.length).to.be.greaterThan(0)
    expect(numbers).to.deep.equal(Array.from(numbers, (_, n) => n))
  })
})
