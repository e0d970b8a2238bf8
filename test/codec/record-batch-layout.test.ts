import { expect } from 'chai'
import fc from 'fast-check'
import { ipcFileWriter, readIpcFile } from '../../src/codec/arrow.ts'
import { readRecordBatch } from '../../src/codec/record-batch-layout.ts'
import { storedField, type StoredField } from '../../src/codec/stored-field.ts'
import { HeadwaterError } from '../../src/errors.ts'
import type { Column } from '../../src/record/column.ts'
import { allTypes, valuesOf } from './arbitraries.ts'
import { columnOf, difference, rowsOf } from './columns.ts'

interface Block {
  readonly fields: readonly StoredField[]
  readonly columns: readonly Column[]
}

/** Batches of a few columns of any types. */
const blocks: fc.Arbitrary<Block> = fc
  .record({
    types: fc.array(fc.constantFrom(...allTypes), { minLength: 1, maxLength: 5 }),
    length: fc.nat(40),
  })
  .chain(({ types, length }) => {
    const rows = types.map(type => fc.array(valuesOf(type), { minLength: length, maxLength: length }))
    return fc.tuple(...rows).map(lists => ({
      fields: types.map((type, i) => storedField(`f${i}`, type)),
      columns: types.map((type, i) => columnOf(type, lists[i]!)),
    }))
  })

function bytesOf({ fields, columns }: Block): Uint8Array {
  return ipcFileWriter(fields).batch(columns).bytes
}

function fileOf({ fields, columns }: Block): Uint8Array {
  const writer = ipcFileWriter(fields)
  return Buffer.concat([writer.head, writer.batch(columns).bytes, writer.finish()])
}

/** The error code of reading, null when it reads; anything but our own error fails the test. */
function codeOf(bytes: Uint8Array, fields: readonly StoredField[]): string | null {
  try {
    const columns = readRecordBatch(bytes, fields, 'block 3')
    columns.forEach(column => rowsOf(column))
    return null
  } catch (error) {
    if (error instanceof HeadwaterError && error.kind === 'data') return error.code
    throw error
  }
}

const example: Block = {
  fields: [
    { name: 'key_group', type: { kind: 'uint16' }, nullable: false },
    storedField('user', { kind: 'string' }),
    storedField('total', { kind: 'optional', of: { kind: 'float64' } }),
  ],
  columns: [
    columnOf({ kind: 'int32' }, [0, 7, 65535]),
    columnOf({ kind: 'string' }, ['a', 'née', '']),
    columnOf({ kind: 'optional', of: { kind: 'float64' } }, [-0, null, 2.5]),
  ],
}

describe('record batch layout', () => {
  it('reads the same columns as apache-arrow', () => {
    fc.assert(
      fc.property(blocks, block => {
        const found = readRecordBatch(bytesOf(block), block.fields, 'block')
        const expected = readIpcFile(fileOf(block)).batches[0]?.columns
        block.columns.forEach((column, i) => {
          expect(difference(rowsOf(found[i]!), rowsOf(column))).to.equal(null)
          if (column.length === 0) return
          const other = { ...expected!.get(`f${i}`)!, type: column.type }
          expect(difference(rowsOf(found[i]!), rowsOf(other))).to.equal(null)
        })
      }),
      { numRuns: 200 },
    )
  })

  it('copies nothing of an aligned block, and reads a block that begins anywhere', () => {
    const bytes = bytesOf(example)
    for (let shift = 0; shift < 18; shift++) {
      // A Buffer's `slice` copies nothing, other than that of its parent class.
      const moved = shift < 9 ? new Uint8Array(bytes.length + shift) : Buffer.alloc(bytes.length + shift)
      moved.set(bytes, shift)
      const [groups, users, totals] = readRecordBatch(moved.subarray(shift), example.fields, 'block')
      expect(groups!.values).to.deep.equal(Uint16Array.of(0, 7, 65535))
      expect(rowsOf(users!)).to.deep.equal(['a', 'née', ''])
      expect(difference(rowsOf(totals!), [-0, null, 2.5])).to.equal(null)
      if (shift % 8 === 0) expect(totals!.values.buffer).to.equal(moved.buffer)
    }
  })

  it('takes any damage to one byte or more for what it is, or reads', () => {
    const bytes = bytesOf(example)
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(damage, changes => {
        const damaged = bytes.slice()
        for (const [at, byte] of changes) damaged[at] = byte
        expect(codeOf(damaged, example.fields)).to.be.oneOf([null, 'corrupt-block'])
      }),
      { numRuns: 3000 },
    )
  })

  it('takes every truncation and random bytes for damage', () => {
    const bytes = bytesOf(example)
    for (let end = 0; end < bytes.length; end++) {
      expect(codeOf(bytes.subarray(0, end), example.fields), `${end} bytes`).to.equal('corrupt-block')
    }
    fc.assert(fc.property(fc.uint8Array(), random => codeOf(random, example.fields) === 'corrupt-block'))
  })

  it('refuses a block of other fields', () => {
    const bytes = bytesOf(example)
    const [group, user, total] = example.fields
    const wrong: readonly StoredField[][] = [
      [group!, user!],
      [group!, user!, total!, total!],
      [group!, total!, user!],
      [user!, group!, total!],
      [group!, user!, { ...total!, nullable: false }],
    ]
    for (const fields of wrong)
      expect(codeOf(bytes, fields), fields.map(f => f.name).join()).to.equal('corrupt-block')
  })

  it('refuses text that is not UTF-8, as a whole or cut inside a character', () => {
    const text = storedField('s', { kind: 'string' })
    const blockOf = (values: Uint8Array, offsets: Int32Array): Uint8Array => {
      const column: Column = {
        type: { kind: 'string' },
        length: offsets.length - 1,
        validity: null,
        values,
        offsets,
      }
      return bytesOf({ fields: [text], columns: [column] })
    }
    const e = Buffer.from('é')
    expect(codeOf(blockOf(e, Int32Array.of(0, 2)), [text])).to.equal(null)
    expect(codeOf(blockOf(e, Int32Array.of(0, 1, 2)), [text])).to.equal('corrupt-block')
    expect(codeOf(blockOf(Buffer.from([0xff]), Int32Array.of(0, 1)), [text])).to.equal('corrupt-block')
  })

  it('names the thing and what is wrong', () => {
    const error = { kind: 'data', code: 'corrupt-block', thing: 'block 3', found: '5 bytes' }
    expect(() => readRecordBatch(new Uint8Array(5), example.fields, 'block 3'))
      .to.throw()
      .that.includes(error)
  })
})
