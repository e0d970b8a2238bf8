import { expect } from 'chai'
import fc from 'fast-check'
import type { Column } from '../../../src/record/column.ts'
import { t } from '../../../src/record/type.ts'
import type { Type } from '../../../src/record/type.ts'
import { convertColumn } from '../../../src/source/parquet/convert-column.ts'
import type { FileType } from '../../../src/source/parquet/file-type.ts'
import { columnOf, rowsOf } from '../../codec/columns.ts'

const anyFileType: FileType = { kind: 'string' } // only int96 matters to conversion

/** The rows after conversion, or the row and text of the first misfit. */
function converted(
  from: Type<unknown>,
  rows: readonly unknown[],
  to: Type<unknown>,
  fileType = anyFileType,
): unknown {
  return convertedColumn(columnOf(from.spec, rows), to, fileType)
}

function convertedColumn(column: Column, to: Type<unknown>, fileType = anyFileType): unknown {
  class Misfit extends Error {}
  let place = ''
  const misfit = (row: number, found: string): never => {
    place = `row ${row}: ${found}`
    throw new Misfit()
  }
  try {
    const result = convertColumn(column, fileType, to.spec, misfit)
    if (result === null) return null
    expect(result.type).to.equal(to.spec)
    return rowsOf(result)
  } catch (error) {
    if (error instanceof Misfit) return place
    throw error
  }
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const edges64 = [0n, 1n, -1n, 127n, 128n, -128n, -129n, 32767n, 32768n, -32768n, -32769n].concat(
  [31n, 32n, 53n].flatMap(bits => [
    2n ** bits - 1n,
    2n ** bits,
    -(2n ** bits),
    -(2n ** bits) - 1n,
    -(2n ** bits) + 1n,
  ]),
  [2n ** 63n - 1n, -(2n ** 63n)],
)
const anyInt64 = fc.oneof(int64, fc.constantFrom(...edges64))
const bitsOf = { int8: 8n, int16: 16n, int32: 32n } as const

describe('conversion of columns', () => {
  it('shares the buffers of a column that has the type already', () => {
    for (const [type, rows] of [
      [t.int32(), [1, 2]],
      [t.string(), ['a', 'b']],
      [t.timestamp('us'), [1, 2]],
      [t.float64(), [1.5, 2]],
    ] as const) {
      const column = columnOf(type.spec, rows)
      const result = convertColumn(column, anyFileType, type.spec, () => expect.fail())
      expect(result?.values).to.equal(column.values)
      expect(result?.offsets).to.equal(column.offsets)
    }
  })

  for (const [kind, bits] of Object.entries(bitsOf) as [keyof typeof bitsOf, bigint][]) {
    it(`takes 64-bit numbers as ${kind} exactly when they fit`, () => {
      fc.assert(
        fc.property(anyInt64, value => {
          const fits = BigInt.asIntN(Number(bits), value) === value
          const expected = fits ? [0, Number(value)] : `row 1: ${value}`
          expect(converted(t.int64(), [0n, value], t[kind]())).to.deep.equal(expected)
        }),
      )
    })
  }

  it('takes 32-bit numbers as any narrower or wider ones', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.integer({ min: -130, max: 130 })), value => {
        const narrow = (value << 24) >> 24 === value ? [value] : `row 0: ${value}`
        expect(converted(t.int32(), [value], t.int8())).to.deep.equal(narrow)
        expect(converted(t.int32(), [value], t.int64())).to.deep.equal([BigInt(value)])
        expect(converted(t.int32(), [value], t.safeInt64())).to.deep.equal([value])
        expect(converted(t.int32(), [value], t.float64())).to.deep.equal([value])
      }),
    )
  })

  it('takes 64-bit numbers as JavaScript numbers exactly when they are safe', () => {
    fc.assert(
      fc.property(anyInt64, value => {
        const safe = value <= 2n ** 53n - 1n && value >= -(2n ** 53n) + 1n
        const expected = safe ? [Number(value)] : `row 0: ${value}`
        expect(converted(t.int64(), [value], t.safeInt64())).to.deep.equal(expected)
        expect(converted(t.int64(), [value], t.float64())).to.deep.equal(expected)
        expect(converted(t.timestamp('ns'), [value], t.timestamp('ns'))).to.deep.equal([value])
      }),
    )
  })

  it('takes timestamps of one unit as those of another exactly when they are whole there', () => {
    const perMs = { ms: 1n, us: 1_000n, ns: 1_000_000n } as const
    const units = fc.constantFrom<('ms' | 'us' | 'ns')[]>('ms', 'us', 'ns')
    const whole = (value: bigint): bigint => (value / 1_000_000n) * 1_000_000n
    fc.assert(
      fc.property(fc.oneof(anyInt64, anyInt64.map(whole)), units, units, (value, from, to) => {
        const column = { ...columnOf(t.int64().spec, [value]), type: t.timestamp(from).spec }
        const numerator = value * perMs[to]
        const exact = numerator / perMs[from]
        const limit = to === 'ns' ? 2n ** 63n - 1n : 2n ** 53n - 1n
        const fits =
          numerator % perMs[from] === 0n && exact <= limit && exact >= -limit - (to === 'ns' ? 1n : 0n)
        const found = convertedColumn(column, t.timestamp(to))
        if (fits) expect(found).to.deep.equal([to === 'ns' ? exact : Number(exact)])
        else expect(found).to.be.a('string')
      }),
    )
  })

  it('looks at no value under an absent row', () => {
    const wide = { ...columnOf(t.optional(t.int64()).spec, [1n, null, 3n]) }
    ;(wide.values as BigInt64Array)[1] = 2n ** 62n
    expect(convertedColumn(wide, t.int8())).to.deep.equal([1, null, 3])
    expect(convertedColumn(wide, t.optional(t.safeInt64()))).to.deep.equal([1, null, 3])
    expect(converted(t.optional(t.string()), [null, 'a'], t.enum('a'))).to.deep.equal([null, 'a'])
  })

  it('keeps single precision in double precision', () => {
    expect(converted(t.float32(), [0.1, -0, NaN, Infinity], t.float64())).to.deep.equal([
      Math.fround(0.1),
      -0,
      NaN,
      Infinity,
    ])
  })

  it('checks text against an enum', () => {
    expect(converted(t.string(), ['b', 'ä', 'b'], t.enum('a', 'b', 'ä'))).to.deep.equal(['b', 'ä', 'b'])
    expect(converted(t.string(), ['b', 'ab', 'c'], t.enum('a', 'b'))).to.equal('row 1: "ab"')
    expect(converted(t.string(), ['a', ''], t.enum('a'))).to.equal('row 1: ""')
  })

  it('takes bytes that a file calls text as text when they are UTF-8', () => {
    const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
    expect(converted(t.bytes(), [utf8('ä'), utf8(''), utf8('b')], t.string())).to.deep.equal(['ä', '', 'b'])
    expect(converted(t.bytes(), [utf8('a'), Uint8Array.of(0xff)], t.string())).to.match(/^row 1: /)
    // A character cut in two is no text, although the bytes together are.
    expect(converted(t.bytes(), [Uint8Array.of(0xc3), Uint8Array.of(0xa4)], t.string())).to.match(/^row 0: /)
  })

  it('gives nothing where the types have nothing in common', () => {
    const pairs = [
      [t.string(), 'a', t.int32()],
      [t.int32(), 1, t.string()],
      [t.int32(), 1, t.float32()],
      [t.float64(), 1, t.float32()],
      [t.float64(), 1, t.int64()],
      [t.date(), 1, t.int32()],
      [t.int64(), 1n, t.timestamp('ms')],
      [t.date(), 1, t.timestamp('ms')],
      [t.timestamp('ms'), 1, t.date()],
      [t.string(), 'a', t.bytes()],
      [t.bool(), true, t.int8()],
    ] as const
    for (const [from, value, to] of pairs) expect(converted(from, [value], to)).to.equal(null)
  })

  describe('of 96-bit timestamps', () => {
    const int96 = (nanosOfDay: bigint, julianDay: number): Uint8Array => {
      const view = new DataView(new ArrayBuffer(12))
      view.setBigUint64(0, nanosOfDay, true)
      view.setInt32(8, julianDay, true)
      return new Uint8Array(view.buffer)
    }
    const take = (rows: unknown[], unit: 'ms' | 'us' | 'ns'): unknown =>
      converted(t.optional(t.bytes()), rows, t.timestamp(unit), { kind: 'int96' })

    it('is exact, far outside of what 64-bit nanoseconds reach too', () => {
      // Julian day 2440588 is 1970-01-01; 9999-12-31 is day 2932896 after it.
      expect(take([int96(0n, 2440588), int96(1_000_000n, 2440587)], 'ms')).to.deep.equal([0, -86_399_999])
      expect(take([int96(86_399_999_000_000n, 2440588 + 2932896)], 'ms')).to.deep.equal([253402300799999])
      expect(take([int96(1n, 2440589), null], 'ns')).to.deep.equal([86_400_000_000_001n, null])
      expect(take([int96(123_456_000n, 2440588 + 19724)], 'us')).to.deep.equal([1704153600123456])
    })

    it('refuses what the unit or the number can not hold', () => {
      expect(take([int96(0n, 2440588), int96(1_500_000n, 2440588)], 'ms')).to.match(/^row 1: /)
      expect(take([int96(0n, 2440588 + 2932896)], 'us')).to.match(/^row 0: /)
      expect(take([int96(0n, 2440588 + 2932896)], 'ns')).to.match(/^row 0: /)
    })
  })
})
