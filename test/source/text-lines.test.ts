import { expect } from 'chai'
import { textLines } from '../../src/source/text-lines.ts'
import { rejects } from '../rejects.ts'

describe('text lines', () => {
  async function linesOf(...pieces: readonly (Uint8Array | string)[]): Promise<string[]> {
    const lines: string[] = []
    for await (const line of textLines(given(pieces), 'input')) lines.push(line)
    return lines
  }

  it('ends lines at newlines alone', async () => {
    expect(await linesOf('a\u2028b\u2029c\rd\n', 'e')).to.deep.equal(['a\u2028b\u2029c\rd', 'e'])
    expect(await linesOf('a\n\nb\n')).to.deep.equal(['a', '', 'b'])
    expect(await linesOf()).to.deep.equal([])
  })

  it('joins lines and characters that are split between pieces, at every place', async () => {
    const bytes = Buffer.from('grün\n😀x\n')
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await linesOf(bytes.subarray(0, cut), bytes.subarray(cut))).to.deep.equal(['grün', '😀x'])
    }
  })

  it('refuses what is not UTF-8, a character cut off at the end too', async () => {
    await rejects(linesOf(Buffer.from([97, 10, 0xff, 10])), 'data', 'not-utf8')
    await rejects(linesOf(Buffer.from('ü').subarray(0, 1)), 'data', 'not-utf8')
  })
})

async function* given<T>(pieces: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* pieces
}
