/**
 * A TCP proxy that looks at Kafka's requests: of the next one of a kind it loses the answer, or the request itself, or keeps
 * the request for later, and cuts the connection.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** `answer`: the broker got the request and nobody the answer · `request`: the broker never got it. */
export type Loss = 'answer' | 'request'

/** A proxy that listens. */
export interface CuttingProxy {
  /** `127.0.0.1:port`. */
  readonly address: string
  /** Where it connects to, `host:port`; to be set before the first connection. */
  target: string
  /** Requests of the next loss; resolves when it happened. */
  lose(api: number, loss: Loss): Promise<void>
  /** Keeps the next request of a kind. Resolves, when it has it, with what gives it to the broker and waits for the answer. */
  keep(api: number): Promise<() => Promise<void>>
  /** Answers in the broker's place, where it returns bytes for a request of that kind: what stands behind its correlation id. */
  answer: (api: number) => Buffer | null
  /** From now on no connection gets through. */
  isDown: boolean
  close(): Promise<void>
}

const frameHead = 6

/** Starts one. */
export async function startProxy(): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let losing: { api: number; loss: Loss; happened: () => void } | null = null
  let keeping: { api: number; kept: (deliver: () => Promise<void>) => void } | null = null
  const server = createServer(client => {
    if (proxy.isDown) return void client.destroy()
    const [host, port] = proxy.target.split(':') as [string, string]
    const broker = connect(Number(port), host)
    let waiting = Buffer.alloc(0)
    let cutsAtAnswer: (() => void) | null = null
    let isKept = false
    const cut = (): void => {
      client.destroy()
      if (!isKept) broker.destroy()
    }
    for (const socket of [client, broker]) {
      sockets.add(socket)
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    client.on('data', chunk => {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= frameHead) {
        const size = 4 + waiting.readInt32BE(0)
        if (waiting.length < size) return
        const [frame, api] = [waiting.subarray(0, size), waiting.readInt16BE(4)]
        waiting = waiting.subarray(size)
        const own = proxy.answer(api)
        if (own !== null) {
          client.write(Buffer.concat([lengthOf(4 + own.length), frame.subarray(8, 12), own]))
          continue
        }
        if (keeping?.api === api) {
          const { kept } = keeping
          ;[keeping, isKept] = [null, true]
          client.destroy()
          return kept(async () => {
            broker.write(frame)
            await once(broker, 'data')
            broker.destroy()
          })
        }
        const loss = losing?.api === api ? losing : null
        if (loss !== null) losing = null
        if (loss?.loss === 'request') {
          loss.happened()
          return cut()
        }
        if (loss !== null) cutsAtAnswer = loss.happened
        broker.write(frame)
      }
    })
    broker.on('data', chunk => {
      if (isKept) return
      if (cutsAtAnswer === null) return void client.write(chunk)
      cutsAtAnswer()
      cut()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: CuttingProxy = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    answer: () => null,
    isDown: false,
    lose: (api, loss) => new Promise(resolve => (losing = { api, loss, happened: resolve })),
    keep: api => new Promise(resolve => (keeping = { api, kept: resolve })),
    close: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  return proxy
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes)
  return length
}
