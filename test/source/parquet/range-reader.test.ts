import { truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { FileTrouble } from '../../../src/source/parquet/decode-protocol.ts'
import { RangeReader } from '../../../src/source/parquet/range-reader.ts'
import { tempFolders } from '../../temp-folder.ts'

describe('the file as the decoder sees it', () => {
  const tempFolder = tempFolders()

  async function readerOf(content: string, footer: string) {
    const path = join(tempFolder(), 'a')
    writeFileSync(path, content)
    const file = await open(path)
    const troubles: FileTrouble[] = []
    const source = {
      file,
      footer: Buffer.from(footer),
      footerStart: content.length,
      onTrouble: (trouble: FileTrouble) => troubles.push(trouble),
    }
    const text = async (start: number, end: number, reader = new RangeReader(source)): Promise<string> =>
      Buffer.from(await reader.slice(start, end).arrayBuffer()).toString()
    return { path, file, troubles, reader: new RangeReader(source), text }
  }

  it('is the file and then the footer, in any ranges', async () => {
    const { file, reader, text } = await readerOf('abcdef', 'XYZ')
    expect(reader.size).to.equal(9)
    const ranges = [
      [0, 9],
      [0, 6],
      [2, 4],
      [6, 9],
      [5, 7],
      [7, 8],
      [3, 3],
      [9, 9],
    ] as const
    for (const [start, end] of ranges) expect(await text(start, end)).to.equal('abcdefXYZ'.slice(start, end))
    expect(await text(1, 3, reader.slice(4, 9))).to.equal('fX')
    await file.close()
  })

  it('tells of a failing read before it fails', async () => {
    const { file, troubles, text } = await readerOf('abcdef', '')
    await file.close()
    const failed = await text(0, 3).catch((error: unknown) => error)
    expect(failed).to.be.an('error')
    expect(troubles.map(trouble => trouble.kind)).to.deep.equal(['io'])
  })

  it('tells of a file that became shorter', async () => {
    const { path, file, troubles, text } = await readerOf('abcdef', 'XYZ')
    truncateSync(path, 4)
    expect(await text(0, 4)).to.equal('abcd')
    expect(troubles).to.deep.equal([])
    expect(await text(2, 7).catch((error: unknown) => error)).to.be.an('error')
    expect(troubles).to.deep.equal([{ kind: 'changed', found: null }])
    await file.close()
  })
})
