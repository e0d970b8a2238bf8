/** Reads several partitions of a topic in turns, as librdkafka gives them. */
import type { Clock } from '../../clock.ts'
import type { Offset } from '../../record/position.ts'
import { gap, lostRecords } from '../kafka/lost-records.ts'
import type { LogBatch } from '../log.ts'
import type { Lane } from './lane.ts'
import type { Librdkafka } from './librdkafka.ts'

/** What a read works with. */
export interface ReadParts {
  readonly client: Librdkafka
  readonly lanes: readonly Lane[]
  /** Fails where the topic is another one by now (C2), and where nobody answers for too long. */
  readonly identity: () => Promise<unknown>
  /** The log's name, for messages. */
  readonly name: string
  readonly maxRecords: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** How often the bounds of partitions that give nothing are asked for, and the topic while nothing comes. */
const idleCheckMs = 250
/** How long a partition may give nothing, though there is something, before it is assigned anew; twice that the next time. */
const standStillMs = 5000
/** Turns' worth of messages that may wait for a partition which has none. */
const waitingTurns = 16

/** Batches of all partitions; ends when each is at its `until`, or the signal aborts. */
export async function* readLanes(parts: ReadParts): AsyncGenerator<LogBatch, void, undefined> {
  const { lanes, signal, maxRecords } = parts
  const filler = new Filler(parts)
  while (!signal.aborted && lanes.some(lane => !lane.isDone)) {
    const came = isTurn(lanes, maxRecords) ? false : await filler.fill()
    if (came && !isTurn(lanes, maxRecords)) continue
    for (const lane of lanes) {
      if (signal.aborted) return
      const batch = await lane.take(maxRecords)
      if (batch !== null) yield batch
    }
  }
}

/** Whether every partition has something to give, unless there is nothing, or too much waits for the others. */
function isTurn(lanes: readonly Lane[], maxRecords: number): boolean {
  const waiting = lanes.reduce((sum, lane) => sum + lane.waiting, 0)
  if (waiting === 0) return lanes.every(lane => lane.isComplete)
  return (
    waiting >= maxRecords * waitingTurns ||
    lanes.every(lane => lane.waiting > 0 || lane.isAtEnd || lane.isComplete)
  )
}

/** Brings what the client has into the lanes. */
class Filler {
  readonly #parts: ReadParts
  readonly #byPartition: ReadonlyMap<number, Lane>
  /** Partitions that the client reads, and when each last gave something or was assigned. */
  readonly #movedMs = new Map<number, number>()
  /** What each may wait now: an answer that takes long must not be dropped for ever. */
  readonly #patienceMs = new Map<number, number>()
  #checkedMs = -Infinity

  constructor(parts: ReadParts) {
    this.#parts = parts
    this.#byPartition = new Map(parts.lanes.map(lane => [lane.partition, lane]))
  }

  /** False when nothing came. */
  async fill(): Promise<boolean> {
    const { client, clock, identity, maxRecords } = this.#parts
    if (this.#checkedMs === -Infinity) {
      await this.#checkSilent()
      this.#checkedMs = clock.monotonicMs()
    }
    const { messages, ends } = await client.take(maxRecords)
    for (const message of messages) this.#byPartition.get(message.partition)?.add(message)
    for (const [partition, offset] of ends) this.#byPartition.get(partition)?.endsAt(offset)
    for (const partition of new Set([...messages.map(message => message.partition), ...ends.keys()])) {
      this.#movedMs.set(partition, clock.monotonicMs())
      this.#patienceMs.delete(partition)
    }
    const isIdle = messages.length === 0
    if (isIdle && ends.size === 0 && clock.monotonicMs() - this.#checkedMs >= idleCheckMs) {
      await identity()
      await this.#checkSilent()
      this.#checkedMs = clock.monotonicMs()
    } else if (!isIdle || ends.size > 0) await identity()
    return !isIdle
  }

  /** Why partitions are silent: their records are gone, are not there yet, or the client stands still (I1 there). */
  async #checkSilent(): Promise<void> {
    const { client, lanes, name } = this.#parts
    const places = new Map<number, Offset>()
    let isStanding = false
    for (const lane of lanes) {
      if (lane.isComplete) continue
      const thing = `${name} partition ${lane.partition}`
      const { earliest, latest } = await client.bounds(lane.partition)
      if (lane.fetched < earliest) throw gap(thing, lane.fetched, earliest)
      if (lane.fetched > latest) {
        if (lane.reached) throw lostRecords(thing, lane.fetched, latest)
        continue
      }
      lane.reached = true
      places.set(lane.partition, lane.fetched)
      if (this.#isStanding(lane.partition, latest > lane.fetched)) isStanding = true
    }
    if (!isStanding) return
    client.assign(places)
    this.#movedMs.clear()
    for (const partition of places.keys()) this.#movedMs.set(partition, this.#parts.clock.monotonicMs())
  }

  /** Whether it must be assigned: it was not, or should have given something for too long. */
  #isStanding(partition: number, hasMore: boolean): boolean {
    const movedMs = this.#movedMs.get(partition)
    if (movedMs === undefined) return true
    const patienceMs = this.#patienceMs.get(partition) ?? standStillMs
    if (!hasMore || this.#parts.clock.monotonicMs() - movedMs < patienceMs) return false
    this.#patienceMs.set(partition, patienceMs * 2)
    return true
  }
}
