// npm run answers: the known answers over real data, five cuts each, through the built command line. For every cut the
// state at the end must be the one that another engine computed (fixtures/answers/ORIGIN.md).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnswerCase } from '../test/answers/answer-lines.ts'
import { answer, summaryOf } from '../test/answers/answers.ts'
import {
  flightLines,
  flightsCase,
  retailDedupCase,
  retailLines,
  retailTotalsCase,
} from '../test/answers/cases.ts'
import { CutRunner } from '../test/answers/cut-runner.ts'

interface Work {
  readonly answerCase: AnswerCase
  readonly lines: () => AsyncIterable<string>
  readonly timeField: string
  /** Where to cut, ascending: times of the log, or parts of each partition. */
  readonly cuts: readonly (string | number)[]
  /** The known answer for the savepoint at one of the cuts. */
  readonly atCut?: { readonly cut: string; readonly id: string }
}

const works: readonly Work[] = [
  {
    answerCase: retailTotalsCase,
    lines: () => retailLines(),
    timeField: 'InvoiceDate',
    cuts: ['2010-12-02', '2011-04-01', 0.5, '2011-11-01', '2011-12-01'],
    atCut: { cut: '2011-12-01', id: 'retail-customer-totals-at-2011-11-30' },
  },
  {
    answerCase: retailDedupCase,
    lines: () => retailLines(),
    timeField: 'InvoiceDate',
    cuts: [0.01, 0.3, 0.5, 0.8, 0.99],
  },
  { answerCase: flightsCase, lines: flightLines, timeField: 'date', cuts: [0.05, 0.3, 0.6, 0.9, 0.999] },
]

let right = 0
let wrong = 0

function check(what: string, id: string, lines: readonly string[]): void {
  const known = answer(id)
  const found = summaryOf(id, lines)
  const same = found.rows === known.rows && found.md5OfSortedLines === known.md5OfSortedLines
  if (same) right++
  else wrong++
  const expected = same ? '' : `, expected ${known.rows} lines, md5 ${known.md5OfSortedLines}`
  console.log(
    `${same ? 'right' : 'WRONG'}  ${id} ${what}: ${found.rows} lines, md5 ${found.md5OfSortedLines}${expected}`,
  )
}

async function answerAll({ answerCase, lines, timeField, cuts, atCut }: Work): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-answers-'))
  try {
    const runner = new CutRunner(folder, answerCase)
    const ends = await runner.fill(lines(), timeField)
    for (const cut of cuts) {
      const before = typeof cut === 'string' ? cut : positionsAt(cut, ends)
      const found = await runner.cut(before)
      if (cut === atCut?.cut) check(`in the savepoint cut at ${before}`, atCut.id, await found.atCut())
      check(`cut at ${before}`, answerCase.id, await found.atEnd())
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function positionsAt(part: number, ends: ReadonlyMap<number, number>): string {
  return [...ends].map(([partition, end]) => `${partition}:${Math.floor(part * end)}`).join(',')
}

for (const work of works) await answerAll(work)
console.log(`${right} right, ${wrong} wrong`)
process.exitCode = wrong === 0 ? 0 : 1
