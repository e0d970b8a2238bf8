/** The known answers, and how lines are compared with them (fixtures/answers/ORIGIN.md). */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What another engine computed. */
export interface Answer {
  readonly id: string
  readonly rows: number
  readonly md5OfSortedLines: string
}

const index = new URL('../../fixtures/answers/index.json', import.meta.url)

/** The answer of that id. */
export function answer(id: string): Answer {
  const answers = JSON.parse(readFileSync(index, 'utf8')) as readonly Answer[]
  const found = answers.find(each => each.id === id)
  if (!found) throw new Error(`no answer ${id}`)
  return found
}

/** Number and md5 of lines, in the form of an answer. */
export function summaryOf(id: string, lines: readonly string[]): Answer {
  const sorted = lines.map(line => Buffer.from(`${line}\n`)).sort((a, b) => Buffer.compare(a, b))
  const hash = createHash('md5')
  for (const line of sorted) hash.update(line)
  return { id, rows: lines.length, md5OfSortedLines: hash.digest('hex') }
}
