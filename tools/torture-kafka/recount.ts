/** What the job should have seen, read by others than the job: the archive by DuckDB, the rest of the topic by Java's client. */
import { openDuckDb } from '../../src/savepoint/query/duckdb.ts'
import type { ReadRecord } from '../kafka/admin.ts'
import type { Ends } from './archiver.ts'
import type { World } from './world.ts'

/** By key: its messages' amounts, by number − 1; a hole where there is none. */
export type Recount = ReadonlyMap<string, readonly number[]>

export interface Counted {
  readonly recount: Recount
  /** How many messages came from the archive. */
  readonly archived: number
  readonly fromTopic: number
  /** What should not be: the same place in the archive twice, a number twice. */
  readonly doubled: readonly string[]
}

/** `archived`: by partition, the first offset that the archive does not have. */
export async function recountOf(world: World, archived: Ends): Promise<Counted> {
  const recount = new Map<string, number[]>()
  const doubled: string[] = []
  const places = new Set<string>()
  const add = (place: string, key: string, number: number, amount: number): void => {
    const amounts = recount.get(key) ?? []
    recount.set(key, amounts)
    if (places.has(place) || amounts[number - 1] !== undefined) doubled.push(`${place}: ${key} ${number}`)
    places.add(place)
    amounts[number - 1] = amount
  }
  const database = await openDuckDb()
  const text = `SELECT _partition || ':' || _offset, "key", number, amount FROM read_parquet('${world.history}/*.parquet')`
  let fromArchive = 0
  for await (const rows of (await database.run(text)).rows()) {
    for (const [place, key, number, amount] of rows as readonly (readonly [
      string,
      string,
      string,
      string,
    ])[]) {
      add(place, key, Number(number), Number(amount))
      fromArchive++
    }
  }
  let fromTopic = 0
  const { partitions } = await world.broker.admin.describeTopic(world.input)
  for (const { partition } of partitions) {
    for await (const { offset, value } of topicRecords(
      world,
      world.input,
      partition,
      archived.get(partition) ?? 0,
    )) {
      const { key, number, amount } = JSON.parse(value!.toString()) as Message
      add(`${partition}:${offset}`, key, number, amount)
      fromTopic++
    }
  }
  return { recount, archived: fromArchive, fromTopic, doubled }
}

interface Message {
  readonly key: string
  readonly number: number
  readonly amount: number
}

/** Piece by piece: an answer is one line. */
const pieceRecords = 20_000

/** What the Java client reads, committed, from there to the end. */
export async function* topicRecords(
  { broker }: World,
  topic: string,
  partition: number,
  from: number,
): AsyncGenerator<ReadRecord> {
  const { partitions } = await broker.admin.describeTopic(topic)
  const end = partitions.find(each => each.partition === partition)!.lastStable
  for (let at = from; at < end; at += pieceRecords)
    yield* await broker.admin.read(topic, partition, { from: at, until: Math.min(at + pieceRecords, end) })
}
