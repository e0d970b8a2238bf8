import { expect } from 'chai'
import { layersToMerge, mostDeltas } from '../../src/savepoint/compaction.ts'
import type { Layer } from '../../src/savepoint/manifest.ts'

const layer = (rows: number): Layer => ({
  segments: [
    {
      name: 'x',
      groups: [0, 1],
      rows,
      tombstones: 0,
      blocks: 1,
      bytes: 1,
      crc32: 0,
      index: { bytes: 1, crc32: 0 },
    },
  ],
})

describe('compaction', () => {
  it('leaves some layers above the base alone', () => {
    expect(layersToMerge([])).to.equal(null)
    expect(layersToMerge([100, 1, 1, 1, 1, 1, 1, 1, 1].map(layer))).to.equal(null)
  })

  it('merges the newer half, and older layers of like size, but not a large base', () => {
    expect(layersToMerge([1000, 1, 1, 1, 1, 1, 1, 1, 1, 1].map(layer))).to.equal(1)
    expect(layersToMerge([1000, 90, 80, 70, 60, 1, 1, 1, 1, 1].map(layer))).to.equal(5)
    expect(layersToMerge([20, 1, 1, 1, 1, 1, 1, 1, 1, 1].map(layer))).to.equal(1)
    expect(layersToMerge([18, 1, 1, 1, 1, 1, 1, 1, 1, 1].map(layer))).to.equal(0)
  })

  for (const base of [0, 1000, 1_000_000]) {
    it(`writes each row a few times, and keeps layers few, above a base of ${base} rows`, () => {
      let layers = [base]
      let written = 0
      const checkpoints = 5000
      for (let i = 0; i < checkpoints; i++) {
        layers.push(10)
        const from = layersToMerge(layers.map(layer))
        if (from === null) continue
        const merged = layers.slice(from).reduce((sum, rows) => sum + rows, 0)
        written += merged
        layers = [...layers.slice(0, from), merged]
        expect(layers.length).to.be.at.most(mostDeltas + 1)
      }
      // Every row is new here, which is the worst: log base 1.5 of 50,000 is 27.
      expect(written / (10 * checkpoints)).to.be.below(27)
    })
  }
})
