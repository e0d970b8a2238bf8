// The whole of online retail, cut at the end of November: the savepoint and the end are what DuckDB computed. All cuts of
// all answers: npm run answers.
import { expect } from 'chai'
import { tempFolders } from '../temp-folder.ts'
import { answer, summaryOf } from './answers.ts'
import { retailLines, retailTotalsCase } from './cases.ts'
import { CutRunner } from './cut-runner.ts'

describe('answers: online retail through the command line', () => {
  const folder = tempFolders()

  it('totals per customer are the known ones at the cut and at the end', async () => {
    const runner = new CutRunner(folder(), retailTotalsCase)
    await runner.fill(retailLines(), 'InvoiceDate')
    const { atCut, atEnd } = await runner.cut('2011-12-01')
    const idAtCut = 'retail-customer-totals-at-2011-11-30'
    expect(summaryOf(idAtCut, await atCut())).to.include(expected(idAtCut))
    expect(summaryOf(retailTotalsCase.id, await atEnd())).to.include(expected(retailTotalsCase.id))
  })
})

function expected(id: string): { rows: number; md5OfSortedLines: string } {
  const { rows, md5OfSortedLines } = answer(id)
  return { rows, md5OfSortedLines }
}
