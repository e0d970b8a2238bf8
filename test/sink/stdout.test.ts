import { Writable } from 'node:stream'
import { expect } from 'chai'
import { openSink } from '../../src/sink/sink-url.ts'
import { stdout } from '../../src/sink/stdout.ts'
import { startChild } from '../child.ts'
import { rejects } from '../rejects.ts'

describe('stdout sink', () => {
  it('says that it is at-least-once', () => {
    expect(stdout()).to.include({ name: 'stdout', guarantee: 'at-least-once' })
  })

  it('prints a line a record and waits until the stream took it', async () => {
    const printed: string[] = []
    let busy = false
    const stream = new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        expect(busy).to.equal(false)
        busy = true
        queueMicrotask(() => {
          printed.push(chunk)
          busy = false
          done()
        })
      },
    })
    const sink = await stdout({ stream }).open(null, null)
    await sink.write([{ a: 1 }, { a: 2 }])
    expect(printed.join('')).to.equal('{"a":1}\n{"a":2}\n')
    expect(await sink.prepare()).to.equal(null)
    await sink.close()
    expect(stream.writableEnded).to.equal(false)
  })

  it('takes a broken pipe for success, and tells', async () => {
    let broken = 0
    const { stream, writes } = failing('EPIPE')
    const sink = await stdout({ stream, onBrokenPipe: () => broken++ }).open(null, null)
    await sink.write([{ a: 1 }])
    await sink.write([{ a: 2 }])
    await sink.prepare()
    expect(broken).to.equal(1)
    expect(writes()).to.equal(1)
  })

  it('reports any other failure', async () => {
    const sink = await stdout({ stream: failing('ENOSPC').stream }).open(null, null)
    await rejects(sink.write([{ a: 1 }]), 'unavailable', 'sink-write-failed')
  })

  it('lets a real process end well when its reader goes away', async () => {
    const child = startChild(new URL('stdout-child.ts', import.meta.url))
    expect(await child.nextLine()).to.equal('{"n":0}')
    child.closeOutput()
    expect(await child.exitCode()).to.equal(7) // what the child ends with once it heard of the broken pipe
  })

  it('is what the address stdout opens', () => {
    expect(openSink('stdout').name).to.equal('stdout')
  })
})

function failing(code: string): { stream: Writable; writes: () => number } {
  let writes = 0
  const stream = new Writable({
    write: (_chunk, _encoding, done) => {
      writes++
      done(Object.assign(new Error(`write ${code}`), { code, errno: -1 }))
    },
  })
  return { stream, writes: () => writes }
}
