import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { decodeFooter } from '../../../src/source/parquet/hyparquet.ts'
import { decoderFooter } from '../../../src/source/parquet/decoder-footer.ts'
import { varintAt, walkStruct } from '../../../src/source/parquet/thrift-walk.ts'

const data = join(import.meta.dirname, '../../../fixtures/parquet-testing/data')

/** The footer of a file, from its metadata to the magic. */
function footerOf(name: string): Uint8Array {
  const bytes = readFileSync(join(data, name))
  return new Uint8Array(bytes.subarray(bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)))
}

const names = readdirSync(data).filter(name => name.endsWith('.parquet'))

describe(`the decoder's footer`, () => {
  it('says byte strings of length 12 for 96-bit timestamps, hides Arrow schemas, and all else is as before', () => {
    const withInt96: string[] = []
    let withArrowSchema = 0
    for (const name of names) {
      const footer = footerOf(name)
      const before = decodeFooter(footer)
      const changed = decoderFooter(footer)
      const after = decodeFooter(changed)
      const expected = structuredClone(before)
      expected.metadata_length = after.metadata_length
      for (const element of expected.schema) {
        if (element.type === 'INT96')
          Object.assign(element, { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 12 })
      }
      for (const entry of expected.key_value_metadata ?? []) {
        if (entry.key === 'ARROW:schema') withArrowSchema++
        entry.key = entry.key.replace(/^ARROW:schema$/, 'aRROW:schema')
      }
      for (const { meta_data: chunk } of expected.row_groups.flatMap(group => group.columns)) {
        if (chunk?.type === 'INT96') chunk.type = 'FIXED_LEN_BYTE_ARRAY'
        delete chunk?.statistics // decoded by type
      }
      for (const { meta_data: chunk } of after.row_groups.flatMap(group => group.columns))
        delete chunk?.statistics
      expect(after, name).to.deep.equal(expected)
      expect(after.metadata_length).to.equal(changed.length - 8)
      if (before.schema.some(element => element.type === 'INT96')) withInt96.push(name)
    }
    expect(withInt96).to.include.members(['alltypes_plain.parquet', 'int96_from_spark.parquet'])
    expect(withArrowSchema).to.be.greaterThan(3)
  })

  it('gives such strings their length where one is given already', () => {
    // {2: [{1: 3 (INT96), 2: 300, 4: "a"}], 9: 1}, and then the trailer of a footer
    const metadata = [0x29, 0x1c, 0x15, 6, 0x15, 0xd8, 4, 0x28, 1, 0x61, 0, 0x75, 2, 0]
    const footer = Uint8Array.from([...metadata, metadata.length, 0, 0, 0, 0x50, 0x41, 0x52, 0x31])
    const expected = [0x29, 0x1c, 0x15, 14, 0x15, 24, 0x28, 1, 0x61, 0, 0x75, 2, 0]
    expect([...decoderFooter(footer)]).to.deep.equal([
      ...expected,
      expected.length,
      0,
      0,
      0,
      0x50,
      0x41,
      0x52,
      0x31,
    ])
  })

  it('keeps the ids of fields behind the new length, long ones and a last one too', () => {
    // {1: 3}, {1: 3, 20: 1} with a header that names its id, {1: 3, 3: 1}
    const elements = [
      [0x15, 6, 0],
      [0x15, 6, 0x05, 40, 2, 0],
      [0x15, 6, 0x25, 2, 0],
    ]
    const metadata = [0x29, 0x3c, ...elements.flat(), 0]
    const footer = Uint8Array.from([...metadata, metadata.length, 0, 0, 0, 0x50, 0x41, 0x52, 0x31])
    const changed = [
      [0x15, 14, 0x15, 24, 0],
      [0x15, 14, 0x15, 24, 0x05, 40, 2, 0],
      [0x15, 14, 0x15, 24, 0x15, 2, 0],
    ]
    const expected = [0x29, 0x3c, ...changed.flat(), 0]
    expect([...decoderFooter(footer)].slice(0, -8)).to.deep.equal(expected)
  })
})

describe('the walk over Thrift bytes', () => {
  it('ends where each footer ends', () => {
    for (const name of names) {
      const footer = footerOf(name)
      expect(
        walkStruct(footer, 0, () => undefined),
        name,
      ).to.equal(footer.length - 8)
    }
  })

  it('finds the fields that hyparquet finds', () => {
    const footer = footerOf('alltypes_plain.parquet')
    const rows: number[] = []
    walkStruct(footer, 0, (path, { valueAt }) => {
      if (path === '4.3') rows.push(varintAt(footer, valueAt) / 2) // a zigzag varint
    })
    expect(rows).to.deep.equal(decodeFooter(footer).row_groups.map(group => Number(group.num_rows)))
  })

  it('does not run past the end', () => {
    const footer = footerOf('alltypes_plain.parquet')
    for (let length = 0; length < footer.length - 8; length++) {
      expect(() => walkStruct(footer.subarray(0, length), 0, () => undefined), String(length)).to.throw(
        RangeError,
      )
    }
  })
})
