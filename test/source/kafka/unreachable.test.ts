// A cluster that does not answer: whoever waits for it is told what is tried again, and once it is too long, why.
import { expect } from 'chai'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { unavailable } from '../../../src/errors.ts'
import { kafka } from '../../../src/source/kafka/kafka.ts'
import { rejects } from '../../rejects.ts'

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('a cluster that does not answer', () => {
  it('is told of at each try, and refused in the end', async () => {
    const brokers = `127.0.0.1:${await closedPort()}`
    const told: string[] = []
    const onWarning = (text: string): void => void told.push(text)
    const log = kafka({ brokers, topic: 'payments', unavailableAfterMs: 300, onWarning })
    try {
      const { message } = await rejects(log.describe(), 'unavailable', 'kafka-unavailable')
      expect(message).to.contain('ECONNREFUSED')
    } finally {
      await log.close()
    }
    expect(told).to.not.be.empty
    for (const text of told) expect(text).to.match(/^kafka:.*\/payments: .*ECONNREFUSED.*; trying again$/)
  })

  it('is waited for no longer once somebody gives up', async () => {
    const brokers = `127.0.0.1:${await closedPort()}`
    const [stop, reason] = [new AbortController(), unavailable({ code: 'interrupted', thing: 'SIGINT' })]
    const onWarning = (): void => stop.abort(reason)
    const waiting = { unavailableAfterMs: Infinity, onWarning, signal: stop.signal }
    const log = kafka({ brokers, topic: 'payments', ...waiting })
    try {
      expect(await rejects(log.describe(), 'unavailable', 'interrupted')).to.equal(reason)
      expect(await rejects(log.offsetsAt(0), 'unavailable', 'interrupted')).to.equal(reason)
    } finally {
      await log.close()
    }
  })
})
