/** What is asked of a schema registry, how often, and how long it is waited for; against a server that answers as told. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { systemClock, type Clock } from '../../../src/clock.ts'
import { BadPart, WaitFor, type FormatPatience } from '../../../src/source/kafka/format.ts'
import { SchemaRegistry } from '../../../src/source/kafka/schema-registry.ts'
import { rejects } from '../../rejects.ts'

interface Answer {
  readonly status: number
  readonly text?: string
}

describe('a schema registry', () => {
  let server: Server
  let url: string
  /** What it answers next; the last one stays. */
  let answers: Answer[]
  let asked: string[]
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) as Answer
      response.statusCode = answer.status
      response.end(answer.text ?? '{}')
    }).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked = []
    unhandled.length = 0
    process.on('unhandledRejection', note)
  })
  afterEach(() => process.off('unhandledRejection', note))

  const there: Answer = { status: 200, text: '{"schema":"\\"string\\""}' }
  const stays = new AbortController().signal

  function registry(patience: Partial<FormatPatience> = {}): SchemaRegistry<string> {
    const whole = { clock: systemClock, unavailableAfterMs: 60_000, signal: stays, ...patience }
    return new SchemaRegistry({ url }, async ({ schema }) => schema, whole)
  }

  /** What a reader is told to wait for. */
  function wait(of: SchemaRegistry<string>, id = 1): Promise<void> {
    try {
      of.get(id)
    } catch (error) {
      if (error instanceof WaitFor) return error.ready
    }
    throw new Error('it did not wait')
  }

  it('that fails while nobody waits yet, records before it being handed out, ends no process', async () => {
    answers = [{ status: 401 }]
    const refusing = registry()
    void wait(refusing)
    while (asked.length === 0) await systemClock.sleep(1)
    await systemClock.sleep(20)
    expect(unhandled).to.deep.equal([])
    const error = await rejects(wait(refusing), 'invalid', 'not-authorised')
    expect(error.message).to.contain(url)
  })

  it('is asked once, however many records wait', async () => {
    answers = [there]
    const one = registry()
    await Promise.all([wait(one), wait(one), wait(one)])
    expect(one.get(1)).to.equal('"string"')
    expect(asked).to.deep.equal(['/schemas/ids/1'])
  })

  it('that is away for a moment is waited for, and that is told', async () => {
    answers = [{ status: 503 }, { status: 200, text: '<html>' }, there]
    const texts: string[] = []
    const one = registry({ onWarning: text => texts.push(text) })
    await wait(one)
    expect(one.get(1)).to.equal('"string"')
    expect(texts).to.have.length(2)
    expect(texts[0]).to.contain(url).and.contain('status 503').and.contain('trying again')
  })

  it('that is away for longer than the log would be waited for ends the read', async () => {
    answers = [{ status: 503 }]
    const error = await rejects(
      wait(registry({ unavailableAfterMs: 60 })),
      'unavailable',
      'registry-unavailable',
    )
    expect(error.message).to.contain('status 503')
  })

  it('that is away is not waited for by a reader that stops', async () => {
    answers = [{ status: 503 }]
    const stop = new AbortController()
    const waiting = wait(registry({ signal: stop.signal })).catch(() => 'stopped')
    while (asked.length === 0) await systemClock.sleep(1)
    stop.abort()
    expect(await waiting).to.equal('stopped')
  })

  it('that does not have a schema yet may have it later', async () => {
    answers = [{ status: 404 }, there]
    let nowMs = 0
    const clock: Clock = { ...systemClock, monotonicMs: () => nowMs }
    const one = registry({ clock })
    await wait(one)
    expect(() => one.get(1)).to.throw(BadPart, 'schema 1, which the registry does not have')
    expect(() => one.get(1)).to.throw(BadPart)
    nowMs = 60_000
    await wait(one)
    expect(one.get(1)).to.equal('"string"')
    expect(asked).to.have.length(2)
  })
})
