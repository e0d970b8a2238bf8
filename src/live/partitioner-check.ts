/**
 * Whether keys are where tasks look for them: a sample of each partition against the declared partitioner, and no key of
 * the job in two partitions. Read before a task begins, of all partitions, since what is wrong shows between them.
 */
import { jsonDecoder } from '../codec/json.ts'
import { HeadwaterError, invalid } from '../errors.ts'
import type { SourcePlan } from '../handoff/handoff.ts'
import type { JobGraph } from '../job/graph.ts'
import type { AnyRecord } from '../record/record.ts'
import { fieldsOf } from '../record/record.ts'
import { isDividedSo } from '../record/grown-clock.ts'
import type { Key } from '../record/key.ts'
import { partitionerFunction, partitionerName } from '../codec/partitioner.ts'
import type { Log, LogDescription, LogRecord } from '../source/log.ts'
import type { Source } from '../source/source.ts'
import type { Consumer, Flow } from './flow.ts'

/** How many of the newest records of each partition are looked at. */
const sampleRecords = 100

/**
 * `sources`: which of them grew; records may be where fewer partitions put them.
 * Errors: `invalid`, codes `wrong-partitioner`, `no-message-key`, `not-partitioned-by-key`; those of reading.
 */
export async function checkPartitioners(
  graph: JobGraph,
  flow: Flow,
  logs: ReadonlyMap<string, Log>,
  described: ReadonlyMap<string, LogDescription>,
  sources: readonly SourcePlan[] = [],
): Promise<void> {
  for (const source of graph.sources) {
    const log = logs.get(source.name)
    const description = described.get(source.name)
    const [growth] = sources.find(each => each.source === source.name)?.growths ?? []
    const consumers = flow.bySource.get(source.name) ?? []
    if (log !== undefined && description !== undefined)
      await checkSource(source, consumers, log, description, growth?.count ?? description.partitions.length)
  }
}

async function checkSource(
  source: Source,
  consumers: readonly Consumer[],
  log: Log,
  { partitions }: LogDescription,
  first: number,
): Promise<void> {
  const partitionOf = partitionerFunction(source.partitioner)
  const keys = new KeyPlaces(source, consumers)
  for (const { partition, earliest, latest } of partitions) {
    const from = Math.max(earliest, latest - sampleRecords)
    for (const record of await readRange(log, partition, from, latest)) {
      const where = `source ${source.name} partition ${partition} offset ${record.offset}`
      if (record.key === null || record.key === undefined) throw noKey(where)
      const expected = partitionOf(record.key, partitions.length)
      if (expected === partition) keys.see(record, partition, where)
      else if (!isDividedSo(partitionOf, record.key, partition, first, partitions.length))
        throw wrongPartitioner(source, where, record.key, expected, partition)
    }
  }
}

async function readRange(
  log: Log,
  partition: number,
  from: number,
  until: number,
): Promise<readonly LogRecord[]> {
  if (from >= until) return []
  const records: LogRecord[] = []
  const range = { from: new Map([[partition, from]]), until: new Map([[partition, until]]) }
  for await (const batch of log.read(range)) records.push(...batch.records)
  return records
}

/** Where each key of the job was seen. */
class KeyPlaces {
  readonly #consumers: readonly Consumer[]
  readonly #decode: (value: unknown) => AnyRecord
  readonly #seen = new Map<string, number>()

  constructor({ schema }: Source, consumers: readonly Consumer[]) {
    this.#consumers = consumers
    this.#decode = jsonDecoder(fieldsOf(schema), 'value')
  }

  see(record: LogRecord, partition: number, where: string): void {
    for (const consumer of this.#consumers) {
      for (const key of this.#keysOf(consumer, record)) {
        const name = `${consumer.stage} ${keyText(key)}`
        const known = this.#seen.get(name)
        if (known !== undefined && known !== partition) throw twoPartitions(keyText(key), known, where)
        this.#seen.set(name, partition)
      }
    }
  }

  /** None of a record that can't be used: whether that stops the run is the source's to say, when it comes to it. */
  #keysOf({ transforms, keyOf }: Consumer, { value }: LogRecord): readonly Key[] {
    const keys: Key[] = []
    try {
      const record = this.#decode(value)
      const add = (each: AnyRecord): void => void keys.push(keyOf(each))
      if (transforms === null) add(record)
      else transforms(record, add)
    } catch (error) {
      if (!(error instanceof HeadwaterError)) throw error
    }
    return keys
  }
}

/** Of people's and of programs' use alike: no two keys have one text. */
function keyText(key: Key): string {
  return Array.isArray(key) ? JSON.stringify(key.map(String)) : String(key)
}

const remedy =
  'declare the partitioner of who writes the log (partitioner of the source), or run the job with one task'

/** A record is where the declared partitioner does not put its key. */
export function wrongPartitioner(
  { partitioner }: Source,
  thing: string,
  key: unknown,
  expected: number,
  partition: number,
): HeadwaterError {
  return invalid({
    code: 'wrong-partitioner',
    thing: `${thing}: message key ${JSON.stringify(key)}`,
    expected: `partition ${expected}, by ${partitionerName(partitioner)}`,
    found: `it in partition ${partition}`,
    remedy,
  })
}

/** A record has no message key. */
export function noKey(thing: string): HeadwaterError {
  const expected = 'a message key, which says whose record it is'
  return invalid({
    code: 'no-message-key',
    thing,
    expected,
    found: 'none',
    remedy: 'run the job with one task',
  })
}

function twoPartitions(key: string, known: number, where: string): HeadwaterError {
  return invalid({
    code: 'not-partitioned-by-key',
    thing: `key ${key}, ${where}`,
    expected: `records of this key in partition ${known}, where another one is`,
    found: 'one in another partition',
    remedy: 'key the job by what the log is partitioned by, or run it with one task',
  })
}
