/**
 * The part of a log that a history without offsets may hold too: from where reading began to the log's end of that moment. Which
 * of its records the history has is told by their ids, which the savepoint keeps until every partition is past it.
 *
 * I1. A record of the overlap is in the history, and left out; or it is not, and applied; or its event time is before that of
 *     the oldest id that is known, and nobody can say: then it is refused by name, or applied where that was accepted.
 * I2. Ids leave memory and manifests together, in the first manifest whose positions are all past the end (L3).
 */
import { valueReader } from '../codec/column-reader.ts'
import { badData } from '../errors.ts'
import type { SourcePlan } from '../handoff/handoff.ts'
import type { EventTime } from '../record/event-time.ts'
import type { KeyPart } from '../record/key.ts'
import type { Offset, PartitionPositions } from '../record/position.ts'
import type { AnyRecord } from '../record/record.ts'
import { isPassed, overlapOperator, overlapState, type SourceOverlap } from '../savepoint/handoff-facts.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'

/** One source's overlap. */
export class Overlap {
  readonly source: string
  readonly #facts: SourceOverlap
  readonly #ends: ReadonlyMap<number, Offset>
  readonly #ids: ReadonlySet<KeyPart>
  readonly #appliesUndecided: boolean

  constructor(source: string, facts: SourceOverlap, ids: ReadonlySet<KeyPart>, appliesUndecided: boolean) {
    this.source = source
    this.#facts = facts
    this.#ends = new Map(facts.ends)
    this.#ids = ids
    this.#appliesUndecided = appliesUndecided
  }

  /** Whether that offset is in it. */
  holds(partition: number, offset: Offset): boolean {
    return offset < (this.#ends.get(partition) ?? 0)
  }

  /** Whether the history has that record of the overlap. Errors: `data`, code `undecided-record` (I1). */
  isInHistory(record: AnyRecord, time: EventTime): boolean {
    const { recordId, idsFrom } = this.#facts
    if (recordId === null) return false
    const id = record[recordId] as KeyPart
    if (this.#ids.has(id)) return true
    if (idsFrom === null || time >= idsFrom || this.#appliesUndecided) return false
    throw badData({
      code: 'undecided-record',
      thing: `${recordId} ${String(id)}`,
      expected: `an event time of at least ${idsFrom}, from which on the ids of the history are known`,
      found: `${time}: the history may have the record`,
      remedy:
        'bootstrap again with a greater handoffLatenessMs for the source; --approximate at the first start applies such records',
    })
  }

  /** Whether nobody asks for its ids any more. */
  isPassedAt(positions: PartitionPositions): boolean {
    return isPassed(
      this.#facts,
      [...positions].map(([partition, next]) => ({ partition, next })),
    )
  }
}

/** The overlaps that a run begins in, with their ids. `store`: where they are kept. Errors: those of reading entries. */
export async function openOverlaps(
  sources: readonly SourcePlan[],
  accepted: readonly { readonly code: string; readonly thing: string }[],
  store: Savepoint,
): Promise<ReadonlyMap<string, Overlap>> {
  const overlaps = new Map<string, Overlap>()
  for (const { source, overlap, partitions } of sources) {
    if (overlap === null || isPassed(overlap, partitions)) continue
    const ids = overlap.recordId === null ? new Set<KeyPart>() : await idsOf(source, store)
    const approximate = accepted.some(
      ({ code, thing }) => code === 'approximate' && thing === `source ${source}`,
    )
    overlaps.set(source, new Overlap(source, overlap, ids, approximate))
  }
  return overlaps
}

async function idsOf(source: string, store: Savepoint): Promise<ReadonlySet<KeyPart>> {
  const { scanState } = await import('../savepoint/scan.ts') // which a start without an overlap does not wait for
  const ids = new Set<KeyPart>()
  for await (const { keys, length } of scanState(store, overlapOperator(source), overlapState)) {
    const read = valueReader(keys[0]!)
    for (let row = 0; row < length; row++) ids.add(read(row) as KeyPart)
  }
  return ids
}
