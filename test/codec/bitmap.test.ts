import { expect } from 'chai'
import fc from 'fast-check'
import {
  bitAt,
  bitmapBytes,
  copyBits,
  countBits,
  setBit,
  setBits,
  sliceBits,
  trimBits,
} from '../../src/codec/bitmap.ts'

const flags = fc.array(fc.boolean(), { maxLength: 80 })

function packed(list: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array(bitmapBytes(list.length))
  for (const [i, flag] of list.entries()) if (flag) setBit(bits, i)
  return bits
}

const unpacked = (bits: Uint8Array, count: number): boolean[] =>
  Array.from({ length: count }, (_, i) => bitAt(bits, i))

/** A list and a range in it. */
const ranges = flags.chain(list =>
  fc.tuple(fc.constant(list), fc.nat(list.length), fc.nat(list.length)).map(([, a, b]) => {
    return { list, start: Math.min(a, b), end: Math.max(a, b) }
  }),
)

describe('bitmap', () => {
  it('gives back its bits, and counts them', () => {
    fc.assert(
      fc.property(flags, list => {
        expect(unpacked(packed(list), list.length)).to.deep.equal(list)
        expect(countBits(packed(list), list.length)).to.equal(list.filter(Boolean).length)
      }),
    )
  })

  it('sets a range', () => {
    fc.assert(
      fc.property(ranges, ({ list, start, end }) => {
        const bits = packed(list)
        setBits(bits, start, end)
        expect(unpacked(bits, list.length)).to.deep.equal(
          list.map((flag, i) => flag || (i >= start && i < end)),
        )
      }),
    )
  })

  it('cuts and copies a range, to any place', () => {
    fc.assert(
      fc.property(ranges, fc.nat(20), ({ list, start, end }, to) => {
        const expected = list.slice(start, end)
        expect(unpacked(sliceBits(packed(list), start, end), end - start)).to.deep.equal(expected)
        const target = new Uint8Array(bitmapBytes(to + end - start + 9))
        copyBits(packed(list), start, end - start, target, to)
        expect(unpacked(target, target.length * 8)).to.deep.equal(
          [
            ...Array<boolean>(to).fill(false),
            ...expected,
            ...Array<boolean>(target.length * 8).fill(false),
          ].slice(0, target.length * 8),
        )
      }),
    )
  })

  it('trims what lies behind the bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 5, maxLength: 5 }), fc.nat(40), (bits, count) => {
        expect(trimBits(bits, count)).to.deep.equal(packed(unpacked(bits, count)))
      }),
    )
  })
})
