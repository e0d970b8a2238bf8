import { expect } from 'chai'
import fc from 'fast-check'
import { valueReader } from '../../src/codec/column-reader.ts'
import { columnBuilder } from '../../src/codec/column-builder.ts'
import { inverse, scatter, scatterDoubles, scatterInts } from '../../src/codec/scatter.ts'
import type { TypeSpec } from '../../src/record/type.ts'

const specs: readonly (readonly [TypeSpec, fc.Arbitrary<unknown>])[] = [
  [{ kind: 'string' }, fc.string({ unit: 'grapheme', maxLength: 40 })],
  [{ kind: 'bytes' }, fc.uint8Array({ maxLength: 40 })],
  [{ kind: 'bool' }, fc.boolean()],
  [{ kind: 'int8' }, fc.integer({ min: -128, max: 127 })],
  [{ kind: 'int32' }, fc.integer()],
  [{ kind: 'safeInt64' }, fc.maxSafeInteger()],
  [{ kind: 'float64' }, fc.double()],
  [{ kind: 'float32' }, fc.float()],
]

describe('scatter', () => {
  for (const [spec, values] of specs) {
    it(`puts every row at its place: ${spec.kind}`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.option(values), { maxLength: 30 }),
          fc.boolean(),
          fc.gen(),
          (rows, some, gen) => {
            const builder = columnBuilder({ kind: 'optional', of: spec as never })
            for (const value of rows) builder.append(value)
            const all = [...rows.keys()]
            const kept = some ? gen(fc.subarray<number>, all) : all
            const places = gen(fc.shuffledSubarray<number>, [...kept.keys()], { minLength: kept.length })
            const to = { rows: some ? Int32Array.from(kept) : null, places: Int32Array.from(places) }
            const scattered = scatter(builder.finish(), to)
            const read = valueReader(scattered)
            expect(scattered.length).to.equal(kept.length)
            places.forEach((place, i) => expect(read(place)).to.deep.equal(rows[kept[i]!]))
            const original = inverse(to)
            places.forEach((place, i) => expect(original[place]).to.equal(kept[i]))
          },
        ),
      )
    })
  }

  it('does the same for bare numbers, with a choice of rows and without', () => {
    const places = Int32Array.of(2, 0, 1)
    expect([...scatterInts(Int32Array.of(7, 8, 9), { rows: null, places })]).to.deep.equal([8, 9, 7])
    expect([
      ...scatterInts(Int32Array.of(6, 7, 8, 9), { rows: Int32Array.of(0, 2, 3), places }),
    ]).to.deep.equal([8, 9, 6])
    expect([...scatterDoubles(Float64Array.of(1.5, 2.5, 3.5), { rows: null, places })]).to.deep.equal([
      2.5, 3.5, 1.5,
    ])
  })
})
