/**
 * Compares by record id, where the history carries no offsets. Below the cut by time every record of the log should be in the
 * history; from there on only those that are there are compared. A history's record that the log does not have is extra unless
 * the log was trimmed, and may have lost it.
 *
 * Ids are held as 52 bits of their hash, in memory one share of them at a time.
 */
import { jsonText } from '../../codec/json.ts'
import type { AnyRecord } from '../../record/record.ts'
import { fieldsOf } from '../../record/record.ts'
import type { LogDescription } from '../../source/log.ts'
import type { HistoryPlan } from '../../source/history.ts'
import type { FoundDifferences, OverlapExample, SourceToCheck } from './overlap-check.ts'
import { hashOf, RecordTexts } from './record-text.ts'

/** A Map's entry is some eight times as large as a hash in an array. */
const shareOfWindow = 4

/** Compares one source. Errors: those of reading. */
export async function checkById(task: SourceToCheck): Promise<FoundDifferences> {
  const { source, log, history, windowRecords } = task
  const described = await log.describe()
  const plan = await history.plan({
    source: source.name,
    fields: fieldsOf(source.schema),
    reportMisfits: true,
  })
  const shares = Math.max(1, Math.ceil(plan.rows / Math.max(1, Math.floor(windowRecords / shareOfWindow))))
  const check = new IdCheck(task, described)
  for (let share = 0; share < shares; share++) await check.run(plan, share, shares)
  return check.found()
}

class IdCheck {
  readonly #task: SourceToCheck
  readonly #log: LogDescription
  readonly #texts: RecordTexts
  readonly #examples: OverlapExample[] = []
  readonly #counts = { compared: 0, missing: 0, extra: 0, different: 0 }

  constructor(task: SourceToCheck, log: LogDescription) {
    this.#task = task
    this.#log = log
    this.#texts = new RecordTexts(task.source)
  }

  found(): FoundDifferences {
    const whole = { partition: null, from: null, until: null, extraKnown: this.#isWhole }
    return { partitions: [{ ...whole, ...this.#counts }], examples: this.#examples }
  }

  async run(plan: HistoryPlan, share: number, shares: number): Promise<void> {
    const { signal } = this.#task
    const left = await this.#historyIds(plan, share, shares)
    const seen = new Set<number>()
    const from = new Map(this.#log.partitions.map(({ partition, earliest }) => [partition, earliest]))
    const until = new Map(this.#log.partitions.map(({ partition, latest }) => [partition, latest]))
    for await (const { partition, records } of this.#task.log.read({
      from,
      until,
      ...(signal && { signal }),
    })) {
      for (const logged of records) {
        const record = this.#texts.ofLog(logged)
        if (record === null) continue // counted where it is read, as bad
        const { hash, id } = this.#idOf(record)
        if (hash % shares === share)
          this.#compare(record, hash, { partition, offset: logged.offset, id }, left, seen)
      }
    }
    signal?.throwIfAborted()
    if (!this.#isWhole) return
    for (const { id } of left.values()) this.#note('extra', { partition: null, offset: null, id })
  }

  /** Whether nothing of the log is gone. */
  get #isWhole(): boolean {
    return this.#log.partitions.every(({ earliest }) => earliest === 0)
  }

  #compare(
    record: AnyRecord,
    hash: number,
    place: Pick<OverlapExample, 'partition' | 'offset' | 'id'>,
    left: Map<number, { readonly content: number; readonly id: string }>,
    seen: Set<number>,
  ): void {
    if (seen.has(hash)) return
    const own = left.get(hash)
    if (own === undefined) {
      if (this.#isBelowCut(place)) this.#note('missing', place)
      return
    }
    left.delete(hash)
    seen.add(hash)
    this.#counts.compared++
    if (own.content !== numberOf(hashOf(this.#texts.text(record)))) this.#note('different', place)
  }

  async #historyIds(
    plan: HistoryPlan,
    share: number,
    shares: number,
  ): Promise<Map<number, { readonly content: number; readonly id: string }>> {
    const ids = new Map<number, { readonly content: number; readonly id: string }>()
    for await (const batch of plan.read(this.#task.signal)) {
      const read = this.#texts.ofHistory(batch)
      for (let row = 0; row < batch.batch.length; row++) {
        const record = read(row)
        if (record === null) continue
        const { hash, id } = this.#idOf(record)
        if (hash % shares === share)
          ids.set(hash, { content: numberOf(hashOf(this.#texts.text(record))), id })
      }
    }
    return ids
  }

  #idOf(record: AnyRecord): { readonly hash: number; readonly id: string } {
    const id = jsonText(record[this.#task.source.recordId as string])
    return { hash: numberOf(hashOf(id)), id }
  }

  #isBelowCut({ partition, offset }: Pick<OverlapExample, 'partition' | 'offset'>): boolean {
    const { cut, known } = this.#task
    const given = known.partitions.find(each => each.partition === partition)?.next
    const end = given ?? cut?.positions.get(partition as number) ?? 0
    return (offset as number) < end
  }

  #note(kind: OverlapExample['kind'], place: Pick<OverlapExample, 'partition' | 'offset' | 'id'>): void {
    this.#counts[kind]++
    if (this.#examples.length < this.#task.examples)
      this.#examples.push({ kind, ...place, history: null, log: null })
  }
}

/** 52 bits of 64: a whole number that a double holds. */
function numberOf([low, high]: readonly [number, number]): number {
  return (high >>> 12) * 4294967296 + low
}
