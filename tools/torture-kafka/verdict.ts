/** What the job kept and put out, held against the recount, key by key and number by number. */
import type { Account } from './producers.ts'
import type { Counted, Recount } from './recount.ts'

/** One line of the verdict. */
export interface Row {
  readonly what: string
  readonly expected: number
  readonly found: number
  readonly missing: number
  readonly doubled: number
  /** Wrong in another way: a sum, an order. */
  readonly wrong: number
  /** The first of what is not as it should be. */
  readonly examples: readonly string[]
}

/** What was put out for one message. */
export interface Emitted {
  readonly key: string
  readonly number: number
  readonly amount: number
  readonly count: number
  readonly sum: number
}

/** What the job has of a key. */
export interface KeyState {
  readonly count: number
  readonly last: number
  readonly sum: number
  readonly trouble: readonly string[]
}

const mostExamples = 5

class Tally {
  readonly #what: string
  readonly #examples: string[] = []
  expected = 0
  found = 0
  missing = 0
  doubled = 0
  wrong = 0

  constructor(what: string) {
    this.#what = what
  }

  note(kind: 'missing' | 'doubled' | 'wrong', times: number, example: string): void {
    if (times <= 0) return
    this[kind] += times
    if (this.#examples.length < mostExamples) this.#examples.push(`${kind}: ${example}`)
  }

  row(): Row {
    const { expected, found, missing, doubled, wrong } = this
    return { what: this.#what, expected, found, missing, doubled, wrong, examples: this.#examples }
  }
}

/** The recount against what the producers know to be committed: nothing may be lost or doubled before the job. */
export function inputRow({ recount, doubled, archived, fromTopic }: Counted, { keys }: Account): Row {
  const tally = new Tally('archive and topic, against the producers')
  tally.found = archived + fromTopic
  for (const place of doubled) tally.note('doubled', 1, place)
  for (const [key, { count, sum }] of keys) {
    tally.expected += count
    const amounts = recount.get(key) ?? []
    for (let i = 0; i < count; i++) if (amounts[i] === undefined) tally.note('missing', 1, `${key} ${i + 1}`)
    tally.note('doubled', amounts.length - count, `${key} has ${amounts.length} of ${count}`)
    const total = amounts.reduce((all, amount) => all + amount, 0)
    if (total !== sum) tally.note('wrong', 1, `${key} sums to ${total}, not ${sum}`)
  }
  return tally.row()
}

/** `isOrdered`: a key never changed its partition, so that the job must have met its messages in order. */
export function stateRow(recount: Recount, states: ReadonlyMap<string, KeyState>, isOrdered: boolean): Row {
  const tally = new Tally('state, against archive and topic')
  for (const key of new Set([...recount.keys(), ...states.keys()])) {
    const amounts = recount.get(key) ?? []
    const { count, last, sum, trouble } = states.get(key) ?? { count: 0, last: 0, sum: 0, trouble: [] }
    tally.expected += amounts.length
    tally.found += count
    tally.note('missing', amounts.length - count, `${key} counted ${count} of ${amounts.length}`)
    tally.note('doubled', count - amounts.length, `${key} counted ${count} of ${amounts.length}`)
    const total = amounts.reduce((all, amount) => all + amount, 0)
    if (sum !== total) tally.note('wrong', 1, `${key} sums to ${sum}, not ${total}`)
    if (last !== amounts.length) tally.note('wrong', 1, `${key} ends with ${last}, not ${amounts.length}`)
    if (isOrdered) tally.note('wrong', trouble.length, `${key} saw ${trouble[0]}`)
  }
  return tally.row()
}

/** Every message after the first `mute` of its key was put out once, with what the key had then. */
export class OutputCheck {
  readonly #recount: Recount
  readonly #mute: ReadonlyMap<string, number>
  readonly #tally: Tally
  /** By key, by count − 1: what was put out. */
  readonly #byCount = new Map<string, (Emitted | undefined)[]>()
  /** By key, by number − 1: how often. */
  readonly #times = new Map<string, number[]>()

  readonly #last = new Map<string, number>()

  constructor(what: string, recount: Recount, mute: ReadonlyMap<string, number>) {
    this.#recount = recount
    this.#mute = mute
    this.#tally = new Tally(what)
  }

  /** In the order in which it was put out: a key's counts go up. */
  see(each: Emitted): void {
    this.#tally.found++
    const before = this.#last.get(each.key) ?? 0
    if (each.count <= before)
      this.#tally.note('wrong', 1, `${each.key} has count ${each.count} after ${before}`)
    this.#last.set(each.key, each.count)
    const times = this.#times.get(each.key) ?? []
    this.#times.set(each.key, times)
    times[each.number - 1] = (times[each.number - 1] ?? 0) + 1
    const byCount = this.#byCount.get(each.key) ?? []
    this.#byCount.set(each.key, byCount)
    byCount[each.count - 1] = each
  }

  row(): Row {
    for (const key of new Set([...this.#recount.keys(), ...this.#times.keys()])) this.#check(key)
    return this.#tally.row()
  }

  #check(key: string): void {
    const tally = this.#tally
    const amounts = this.#recount.get(key) ?? []
    const times = this.#times.get(key) ?? []
    const mute = this.#mute.get(key) ?? 0
    tally.expected += amounts.length - mute
    for (let i = 0; i < Math.max(amounts.length, times.length); i++) {
      const wanted = i >= mute && i < amounts.length ? 1 : 0
      const found = times[i] ?? 0
      tally.note('missing', wanted - found, `${key} ${i + 1}`)
      tally.note('doubled', found - wanted, `${key} ${i + 1} ${found} times`)
    }
    this.#checkSums(key, amounts, mute)
  }

  /** By count, since messages of a key that changed its partition may come in another order. */
  #checkSums(key: string, amounts: readonly number[], mute: number): void {
    const byCount = this.#byCount.get(key) ?? []
    let sum = amounts.slice(0, mute).reduce((all, amount) => all + amount, 0)
    for (let i = mute; i < byCount.length; i++) {
      const each = byCount[i]
      if (each === undefined) {
        this.#tally.note('wrong', 1, `${key} has no count ${i + 1}`)
        return
      }
      sum += each.amount
      const isRight = each.sum === sum && each.amount === amounts[each.number - 1]
      if (!isRight) this.#tally.note('wrong', 1, `${key} ${each.number} sums to ${each.sum}, not ${sum}`)
    }
  }
}

export function isRight({ missing, doubled, wrong, expected, found }: Row): boolean {
  return missing === 0 && doubled === 0 && wrong === 0 && expected === found
}

export function tableOf(rows: readonly Row[]): string {
  const heads = ['', 'expected', 'found', 'missing', 'doubled', 'wrong']
  const cells = rows.map(({ what, ...row }) => [
    what,
    ...[row.expected, row.found, row.missing, row.doubled, row.wrong].map(String),
  ])
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map(row => row[i]!.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return [heads, ...cells].map(line).join('\n')
}
