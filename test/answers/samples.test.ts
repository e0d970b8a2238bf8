// Parts of the data sets, cut in the middle: what DuckDB computes over the same rows. The whole: npm run answers.
import { expect } from 'chai'
import { duckdb } from '../duckdb.ts'
import { tempFolders } from '../temp-folder.ts'
import { flightLines, flightsCase, flightsFile, retailDedupCase, retailFiles, retailLines } from './cases.ts'
import type { AnswerCase } from './answer-lines.ts'
import { CutRunner } from './cut-runner.ts'

describe('answers: samples through the command line', () => {
  const folder = tempFolders()

  async function cutInTheMiddle(
    answerCase: AnswerCase,
    lines: AsyncIterable<string>,
    time: string,
  ): Promise<readonly string[]> {
    const runner = new CutRunner(folder(), answerCase)
    const ends = await runner.fill(lines, time)
    const before = [...ends].map(([partition, end]) => `${partition}:${end >> 1}`).join(',')
    const { atEnd } = await runner.cut(before)
    return (await atEnd()).toSorted()
  }

  it('delays of the first flights by origin', async () => {
    const rows = 20_000
    const found = await cutInTheMiddle(flightsCase, firstLines(flightLines(), rows), 'date')
    const expected = await lines(`
      select concat_ws('|', origin, count(*), sum(delay), min(delay), max(delay), epoch_ms(max(date))) as line
      from read_parquet('${flightsFile}', file_row_number = true) where file_row_number < ${rows} group by origin`)
    expect(found).to.deep.equal(expected)
  })

  it('the first of equal lines of December 2010', async () => {
    const found = await cutInTheMiddle(retailDedupCase, retailLines('2010-12'), 'InvoiceDate')
    const expected = await lines(`
      select min(seq)::varchar as line from read_parquet('${retailFiles('2010-12')}')
      group by InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country`)
    expect(found).to.deep.equal(expected)
  })
})

async function lines(sql: string): Promise<readonly string[]> {
  return (await duckdb(sql)).map(({ line }) => String(line)).toSorted()
}

async function* firstLines(pieces: AsyncIterable<string>, count: number): AsyncGenerator<string> {
  let left = count
  for await (const piece of pieces) {
    const all = piece.trimEnd().split('\n')
    yield `${all.slice(0, left).join('\n')}\n`
    left -= all.length
    if (left <= 0) return
  }
}
