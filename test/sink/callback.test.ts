import { expect } from 'chai'
import { conflict } from '../../src/errors.ts'
import { callback } from '../../src/sink/callback.ts'
import { rejects } from '../rejects.ts'

describe('callback sink', () => {
  it('gives each flush in order, and waits for the function', async () => {
    const seen: unknown[] = []
    const sink = await callback(async records => {
      await Promise.resolve()
      seen.push(...records)
    }).open(null, null)
    await sink.write([{ a: 1 }, { a: 2 }])
    expect(seen).to.deep.equal([{ a: 1 }, { a: 2 }])
    await sink.write([])
    await sink.write([{ a: 3 }])
    expect(seen).to.deep.equal([{ a: 1 }, { a: 2 }, { a: 3 }])
    expect(await sink.prepare()).to.equal(null)
    await sink.committed()
    await sink.close()
  })

  it('is not called for nothing', async () => {
    let calls = 0
    const sink = await callback(() => void calls++).open(null, null)
    await sink.write([])
    expect(calls).to.equal(0)
  })

  it('says that it is at-least-once', () => {
    expect(callback(() => undefined, 'to mail')).to.include({ name: 'to mail', guarantee: 'at-least-once' })
  })

  it('reports what the function throws', async () => {
    const failing = await callback(() => Promise.reject(new Error('no network')), 'mail').open(null, null)
    const error = await rejects(failing.write([{}]), 'unavailable', 'sink-callback-failed')
    expect(error.message).to.contain('mail').and.to.contain('no network')
    const own = await callback(() => {
      throw conflict({ code: 'mine', thing: 'x' })
    }).open(null, null)
    await rejects(own.write([{}]), 'conflict', 'mine')
  })
})
