/**
 * Avro and Protobuf through real topics, bare and in the wire format of a schema registry: archived, folded as history, and
 * read live, where schemas have changed meanwhile.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import avsc from 'avsc'
import protobufjs from 'protobufjs'
import { fieldsOf } from '../../../src/record/record.ts'
import { archive } from '../../../src/source/archive/archive.ts'
import { openLog } from '../../../src/source/log-url.ts'
import type { Log } from '../../../src/source/log.ts'
import { retail, schema } from '../../live/retail.ts'
import { bootstrapFrom, entries, runToEnd } from '../../live/world.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'

const fields = [
  { name: 'customer', type: 'string' },
  { name: 'amount', type: 'double' },
  { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
] as const
const avroBefore = { type: 'record', name: 'Purchase', fields }
/** The amount has a unit, and comes first. */
const avroAfter = {
  ...avroBefore,
  fields: [{ name: 'unit', type: 'string', default: 'EUR' }, fields[1], fields[0], fields[2]],
}
const avroPlain = (of: object): avsc.Type =>
  avsc.Type.forSchema(
    JSON.parse(JSON.stringify(of).replaceAll(/\{"type":"long",[^}]*\}/g, '"long"')) as never,
  )
const protoBefore =
  'syntax = "proto3"; message Purchase { string customer = 1; double amount = 2; int64 at = 3; }'
/** Another message before it, so that the header names the second. */
const protoAfter =
  'syntax = "proto3"; message Other { int32 x = 1; } message Purchase { string customer = 1; double amount = 2; int64 at = 3; string unit = 4; }'
const protoType = (text: string): protobufjs.Type => protobufjs.parse(text).root.lookupType('Purchase')

/** A purchase as bytes, behind what the wire format says. */
type Encode = (customer: string, amount: number) => Uint8Array

const header = (id: number, ...indexes: readonly number[]): Buffer => {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, Buffer.from(indexes)])
}
const avroBytes =
  (of: object, head: Buffer): Encode =>
  (customer, amount) =>
    Buffer.concat([head, avroPlain(of).toBuffer({ customer, amount, at: 1000, unit: 'USD' })])
const protoBytes =
  (text: string, head: Buffer): Encode =>
  (customer, amount) => {
    const type = protoType(text)
    return Buffer.concat([
      head,
      type.encode(type.create({ customer, amount, at: 1000, unit: 'USD' })).finish(),
    ])
  }

const nothing = Buffer.alloc(0)
const registered: Readonly<Record<string, object>> = {
  '/schemas/ids/1': { schema: JSON.stringify(avroBefore) },
  '/schemas/ids/2': { schema: JSON.stringify(avroAfter) },
  '/schemas/ids/3': { schemaType: 'PROTOBUF', schema: protoBefore },
  '/schemas/ids/4': { schemaType: 'PROTOBUF', schema: protoAfter },
}

interface Case {
  readonly title: string
  /** Of a settings file. */
  readonly settings: (folder: string, registry: string) => readonly string[]
  readonly history: Encode
  readonly live: Encode
}

const cases: readonly Case[] = [
  {
    title: 'Avro with a registry',
    settings: (_, registry) => ['value=avro', `schema.registry.url=${registry}`],
    history: avroBytes(avroBefore, header(1)),
    live: avroBytes(avroAfter, header(2)),
  },
  {
    title: 'Avro with a registry, read by a schema of the reader',
    settings: (folder, registry) => [
      'value=avro',
      `schema.registry.url=${registry}`,
      `value.schema=${fileOf(folder, 'purchase.avsc', JSON.stringify(avroBefore))}`,
    ],
    history: avroBytes(avroBefore, header(1)),
    live: avroBytes(avroAfter, header(2)),
  },
  {
    title: 'bare Avro',
    settings: folder => [
      'value=avro',
      `value.schema=${fileOf(folder, 'purchase.avsc', JSON.stringify(avroBefore))}`,
    ],
    history: avroBytes(avroBefore, nothing),
    live: avroBytes(avroBefore, nothing),
  },
  {
    title: 'Protobuf with a registry',
    settings: (_, registry) => ['value=protobuf', `schema.registry.url=${registry}`],
    history: protoBytes(protoBefore, header(3, 0)),
    live: protoBytes(protoAfter, header(4, 2, 2)),
  },
  {
    title: 'bare Protobuf',
    settings: folder => [
      'value=protobuf',
      `value.schema=${fileOf(folder, 'purchase.proto', protoAfter)}`,
      'value.message=Purchase',
    ],
    history: protoBytes(protoBefore, nothing),
    live: protoBytes(protoAfter, nothing),
  },
]

function fileOf(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('a job on a topic of', () => {
  const { admin, addresses } = sharedBroker()
  const folders = tempFolders()
  const asked: string[] = []
  let server: Server
  let registry: string

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      const found = registered[request.url ?? '']
      response.statusCode = found === undefined ? 404 : 200
      response.end(JSON.stringify(found ?? {}))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked.length = 0
  })

  async function world({ settings, history }: Case) {
    const [folder, topic] = [folders(), await newTopic(admin, 2)]
    const kafkaConfig = fileOf(folder, 'client.properties', settings(folder, registry).join('\n'))
    const open = (): Log => openLog(`kafka://${addresses.plaintext}/${topic}`, { kafkaConfig })
    await admin.produce(topic, [
      { partition: 0, key: 'ann', value: history('ann', 1), time: 5 },
      { partition: 1, key: 'bob', value: history('bob', 2), time: 5 },
    ])
    const log = open()
    await archive({ log, to: join(folder, 'history-purchases'), fields: fieldsOf(schema) })
    await log.close()
    const run = async (): Promise<unknown> => {
      const options = { from: join(folder, 'savepoint'), log: { purchases: open() } }
      return entries((await runToEnd(retail, folder, options)).savepoint, 'spend', 'total')
    }
    return { folder, topic, run }
  }

  for (const each of cases) {
    it(`${each.title}: archived, folded, and read on from the cut`, async () => {
      const { folder, topic, run } = await world(each)
      const history = await bootstrapFrom(retail, folder)
      expect(await entries(history, 'spend', 'total')).to.deep.equal({ ann: 1, bob: 2 })
      await admin.produce(topic, [
        { partition: 0, key: 'ann', value: each.history('ann', 4) },
        { partition: 0, key: 'ann', value: each.live('ann', 8) },
        { partition: 1, key: 'cid', value: each.live('cid', 0.5) },
      ])
      expect(await run()).to.deep.equal({ ann: 13, bob: 2, cid: 0.5 })
    })
  }

  it('Avro of a schema that the registry does not have: that record is bad, by its place, and asked for once', async () => {
    const { folder, topic, run } = await world(cases[0] as Case)
    await bootstrapFrom(retail, folder)
    asked.length = 0
    await admin.produce(topic, [{ partition: 1, value: avroBytes(avroBefore, header(77))('ann', 1) }])
    const error = await rejects(run(), 'data', 'undecodable-value')
    expect(error.message).to.contain('partition 1 offset 1')
    expect(error.message).to.contain('schema 77, which the registry does not have')
    expect(asked).to.deep.equal(['/schemas/ids/77'])
  })
})
