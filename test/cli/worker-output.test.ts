// What a worker prints: it goes on when the main thread has written it, and is told why that could not be.
import { expect } from 'chai'
import { Writable } from 'node:stream'
import { printFor, WorkerOutput } from '../../src/cli/worker-output.ts'
import type { OpenSink } from '../../src/sink/sink.ts'
import { stdout } from '../../src/sink/stdout.ts'
import { rejects } from '../rejects.ts'

describe('command line: what a worker prints', () => {
  /** A sink of a worker whose main thread prints to a stream that fails with these codes, and then not any more. */
  async function printing(...failures: readonly (string | null)[]): Promise<{
    readonly sink: OpenSink
    readonly seen: string[]
  }> {
    const [seen, codes] = [[] as string[], [...failures]]
    const main = new Writable({
      decodeStrings: false,
      autoDestroy: false,
      write(text: string, _encoding, done) {
        const code = codes.shift() ?? null
        if (code === null) seen.push(text)
        done(code === null ? null : Object.assign(new Error(`write ${code}`), { code }))
      },
    }).on('error', () => undefined)
    const output = new WorkerOutput(text => {
      setImmediate(() => printFor(text, main, printed => output.printed(structuredClone(printed))))
    })
    const onBrokenPipe = (): void => void seen.push('broken')
    return { sink: await stdout({ stream: output.stream, onBrokenPipe }).open(null, null), seen }
  }

  it('is printed, piece by piece', async () => {
    const { sink, seen } = await printing()
    await sink.write([{ n: 1 }])
    await sink.write([{ n: 2 }, { n: 3 }])
    expect(seen).to.deep.equal(['{"n":1}\n', '{"n":2}\n{"n":3}\n'])
  })

  it('is over when the reader went away, and waits for nobody', async () => {
    const { sink, seen } = await printing(null, 'EPIPE')
    for (let n = 1; n <= 3; n++) await sink.write([{ n }])
    expect(seen).to.deep.equal(['{"n":1}\n', 'broken'])
  })

  it('is an error where it could not be written', async () => {
    const { sink } = await printing('ENOSPC')
    const error = await rejects(sink.write([{ n: 1 }]), 'unavailable', 'sink-write-failed')
    expect(error.message).to.contain('write ENOSPC')
  })
})
