/**
 * The bare loop: `kafka-bare.ts ADDRESS TOPIC` fetches raw, finds the values in the record batches, parses them and adds up in a
 * Map, to the end that the topic has now; nothing is checked, kept or committed. Prints a line of marks (kafka-job.mjs) with
 * what it found. It shares the connection with Headwater, and neither its decoding nor its loop.
 */
import { KafkaCluster } from '../../src/kafka/cluster.ts'
import { fetchOf } from '../../src/kafka/responses.ts'

const [address = '', name = ''] = process.argv.slice(2)
const fetchBytes = 8 << 20
const state = new Map<string, { sum: number }>()
let records = 0

interface Payment {
  readonly user: string
  readonly amount: number
}

function add({ user, amount }: Payment): void {
  const found = state.get(user)
  if (found) found.sum += amount
  else state.set(user, { sum: amount })
}

let cursor = 0

function varInt(bytes: Buffer): number {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[cursor++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
  }
}

function skipVarInt(bytes: Buffer): void {
  while (bytes[cursor++]! >= 0x80);
}

/** Applies records from `from` to `end`; gives the offset behind the last whole batch. */
function apply(bytes: Buffer, from: number, end: number): number {
  let next = from
  for (let at = 0; bytes.length - at >= 61;) {
    const size = 12 + bytes.readInt32BE(at + 8)
    if (bytes.length - at < size) break
    const base = Number(bytes.readBigInt64BE(at))
    const count = bytes.readInt32BE(at + 57)
    cursor = at + 61
    for (let i = 0; i < count; i++) {
      const length = varInt(bytes)
      const after = cursor + length
      cursor++
      skipVarInt(bytes)
      const offset = base + varInt(bytes)
      const keyLength = varInt(bytes)
      if (keyLength > 0) cursor += keyLength
      const valueLength = varInt(bytes)
      if (offset >= from && offset < end) {
        records++
        add(JSON.parse(bytes.toString('latin1', cursor, cursor + valueLength)) as Payment)
      }
      cursor = after
    }
    next = base + bytes.readInt32BE(at + 23) + 1
    at += size
  }
  return next
}

function mark(): { atMs: number; cpuMs: number } {
  const { user, system } = process.cpuUsage()
  return { atMs: performance.timeOrigin + performance.now(), cpuMs: (user + system) / 1000 }
}

const cluster = new KafkaCluster({ brokers: address })
const topic = await cluster.topic(name)
if (topic === null) throw new Error(`no topic ${name}`)
const ends = await cluster.offsets(
  topic,
  topic.partitions.map(({ partition }) => partition),
  'latest',
)
const connection = await cluster.connect(topic.partitions[0]!.leader)
const positions = new Map(topic.partitions.map(({ partition }) => [partition, 0]))
const hex = Buffer.from(topic.id, 'base64url').toString('hex')
const topicId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
const first = mark()
for (let turn = 0; ; turn++) {
  const open = [...positions.keys()].filter(each => positions.get(each)! < ends.get(each)!)
  if (open.length === 0) break
  const at = turn % open.length
  const partitions = [...open.slice(at), ...open.slice(0, at)].map(partition => ({
    partition,
    offset: positions.get(partition)!,
    maxBytes: fetchBytes,
  }))
  const answer = fetchOf(
    await connection.fetch({ topicId, partitions, maxBytes: fetchBytes, maxWaitMs: 500 }),
  )
  for (const { partition, records: bytes, error } of answer.partitions) {
    if (error !== 0) throw new Error(`partition ${partition}: error ${error}`)
    if (bytes !== null)
      positions.set(partition, apply(bytes, positions.get(partition)!, ends.get(partition)!))
  }
}
const last = mark()
connection.close()
await cluster.close()
let sum = 0
for (const total of state.values()) sum += total.sum
const rssMb = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ first, last, records, rssMb, users: state.size, sum }))
