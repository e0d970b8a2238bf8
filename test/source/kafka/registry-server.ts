/** A server that stands for a schema registry, and how values are read with it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WaitFor, type KafkaFormat } from '../../../src/source/kafka/format.ts'

/** What it knows by path, what it was asked for, and its address once it runs. Under `/private` it wants a login. */
export interface RegistryServer {
  readonly schemas: Map<string, object>
  readonly asked: string[]
  start(): Promise<string>
  stop(): void
}

export function registryServer(): RegistryServer {
  const schemas = new Map<string, object>()
  const asked: string[] = []
  const server = createServer(({ url = '', headers }, response) => {
    asked.push(url)
    const schema = schemas.get(url)
    const mayRead = !url.startsWith('/private') || headers.authorization !== undefined
    response.statusCode = !mayRead ? 401 : schema === undefined ? 404 : 200
    response.end(JSON.stringify(schema ?? {}))
  })
  return {
    schemas,
    asked,
    start: async () => {
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A value in the wire format of a registry. */
export const framed = (id: number, ...parts: readonly Uint8Array[]): Buffer => {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, ...parts])
}

/** Reads as a log does: waits where it must, from inside of a larger buffer. */
export async function read(format: KafkaFormat, bytes: Buffer): Promise<unknown> {
  const reader = await format.open()
  const around = Buffer.concat([Buffer.from([0, 1, 2]), bytes, Buffer.from([9])])
  for (;;) {
    try {
      return reader(around, 3, 3 + bytes.length)
    } catch (error) {
      if (!(error instanceof WaitFor)) throw error
      await error.ready
    }
  }
}
