/** Keys that look like one that is not there: for people who mistyped it. */
import { keyReader } from '../codec/key-columns.ts'
import { keyCodec, type Key } from '../record/key.ts'
import { storedState } from './find-state.ts'
import type { ManifestOperator } from './manifest.ts'
import { scanLayers } from './scan.ts'
import type { Savepoint } from './savepoint.ts'

/** A suggestion is not worth a longer search. */
const mostRows = 2_000_000

/** The operator's keys nearest to `key`, at most `count`: numbers by difference, all else by edits of the text. */
export async function nearKeys(
  savepoint: Savepoint,
  operator: ManifestOperator,
  key: Key,
  count: number,
): Promise<readonly Key[]> {
  const best = new Nearest(key, count)
  const codec = keyCodec(operator.key)
  let rows = 0
  for (const state of operator.states) {
    const groups = [0, savepoint.manifest.keyGroups] as const
    for await (const piece of scanLayers(savepoint.folder, storedState(operator, state), groups)) {
      const read = keyReader(codec, piece.keys)
      for (let row = 0; row < piece.length; row++) best.offer(read(row))
      rows += piece.length
      if (rows > mostRows) return best.keys()
    }
  }
  return best.keys()
}

class Nearest {
  readonly #key: Key
  readonly #text: string
  readonly #count: number
  readonly #best: { key: Key; text: string; distance: number }[] = []
  #worst: number

  constructor(key: Key, count: number) {
    this.#key = key
    this.#text = String(key)
    this.#count = count
    // A third of the text may differ; numbers may be any distance away.
    this.#worst = isNumber(key) ? Infinity : Math.max(2, Math.floor(this.#text.length / 3)) + 1
  }

  offer(key: Key): void {
    const distance = this.#distance(key)
    if (distance >= this.#worst) return
    const text = String(key)
    if (this.#best.some(other => other.text === text)) return
    this.#best.push({ key, text, distance })
    this.#best.sort((a, b) => a.distance - b.distance || (a.text < b.text ? -1 : 1))
    if (this.#best.length <= this.#count) return
    this.#best.pop()
    this.#worst = this.#best.at(-1)!.distance
  }

  keys(): readonly Key[] {
    return this.#best.map(({ key }) => key)
  }

  #distance(key: Key): number {
    if (isNumber(key) && isNumber(this.#key)) return Math.abs(Number(key) - Number(this.#key))
    const text = String(key)
    if (text.toLowerCase() === this.#text.toLowerCase()) return 0.5
    return editDistance(this.#text, text, this.#worst)
  }
}

function isNumber(key: Key): boolean {
  return typeof key === 'number' || typeof key === 'bigint'
}

/** Insertions, deletions and replacements from one text to the other; `limit` when they are at least as many. */
export function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit
  let before = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = before[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, before[j]! + 1, row[j - 1]! + 1))
    }
    if (Math.min(...row) >= limit) return limit
    before = row
  }
  return Math.min(before[to.length]!, limit)
}
