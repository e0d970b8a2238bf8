import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { histogram } from '../../src/cli/contents-text.ts'
import { stateContents } from '../../src/savepoint/contents.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'

const golden = fileURLToPath(new URL('../../fixtures/savepoints/v1/flat', import.meta.url))

describe('stateContents', () => {
  it('counts keys, entries and bytes of folded layers, and finds the biggest', async () => {
    // Of golden.ts: key 1 has [true, false, true], key 2 [false, true], key -3 was removed.
    const found = await stateContents(await openSavepoint(golden), 'lists', 'list 0')
    expect([found.keys, found.rows]).to.deep.equal([2, 5])
    // A row is a key of 4 bytes, an index of 4, a bool.
    expect(found.bytes).to.equal(5 * 9)
    expect(found.biggest.map(({ key, rows, bytes }) => [key, rows, bytes])).to.deep.equal([
      [1, 3, 27],
      [2, 2, 18],
    ])
    expect(found.keysByGroup).to.have.length(16)
    expect(found.keysByGroup.reduce((sum, keys) => sum + keys)).to.equal(2)
  })

  it('names no biggest key where all are alike', async () => {
    const found = await stateContents(await openSavepoint(golden), 'keys 1', 'total')
    expect([found.keys, found.biggest.length]).to.deep.equal([3, 0])
  })
})

describe('histogram', () => {
  it('has a bar a key group, the highest full, none for an empty one', () => {
    expect(histogram([0, 1, 4, 8])).to.equal('│ ▁▄█│ 0 to 8 keys in a key group')
  })

  it('joins neighbours where there are many', () => {
    const text = histogram(Array.from({ length: 256 }, () => 2))
    expect(text).to.equal(`│${'█'.repeat(64)}│ 8 to 8 keys in 4 key groups`)
  })
})
