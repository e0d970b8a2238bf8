import { expect } from 'chai'
import fc from 'fast-check'
import { jsonLines } from '../../src/codec/json-lines.ts'
import { jsonText } from '../../src/codec/json-text.ts'
import { valueToJson } from '../../src/codec/json-value.ts'
import type { TypeSpec } from '../../src/record/type.ts'
import { typedRows } from './arbitraries.ts'
import { columnOf } from './columns.ts'

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

describe('jsonLines', () => {
  it('writes what the encoder of records writes, for every type', () => {
    fc.assert(
      fc.property(typedRows(40), fc.string({ minLength: 1 }), fc.nat(40), ({ type, rows }, name, skip) => {
        const start = Math.min(skip, rows.length)
        const lines = jsonLines([{ name, column: columnOf(type, rows) }], start, rows.length)
        const expected = rows.slice(start).map(row => `${jsonText({ [name]: valueToJson(type, row) })}\n`)
        // A computed property named so would set no prototype either.
        if (name !== '__proto__') expect(textOf(lines)).to.equal(expected.join(''))
      }),
      { numRuns: 1000 },
    )
  })

  it('writes every byte that JSON escapes, at every place in a word', () => {
    const type: TypeSpec = { kind: 'string' }
    const marks = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code))
    const rows = marks.flatMap(mark =>
      ['', 'a', 'ab', 'abc', 'abcd'].map(before => `${before}${mark}${'z'.repeat(5 - before.length)}`),
    )
    const lines = textOf(jsonLines([{ name: 't', column: columnOf(type, rows) }], 0, rows.length))
    expect(lines).to.equal(rows.map(row => `${JSON.stringify({ t: row })}\n`).join(''))
  })

  it('writes whole numbers of every length', () => {
    const numbers = Array.from({ length: 54 }, (_, bits) => 2 ** bits - 1).flatMap(n => [n, -n, n - 1])
    const powers = Array.from({ length: 16 }, (_, digits) => 10 ** digits).flatMap(n => [n, n - 1, n + 1, -n])
    const rows = [...numbers, ...powers, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER].map(n => n + 0)
    const lines = textOf(
      jsonLines([{ name: 'n', column: columnOf({ kind: 'safeInt64' }, rows) }], 0, rows.length),
    )
    expect(lines).to.equal(rows.map(row => `{"n":${row}}\n`).join(''))
  })

  it('writes an object a row where there are no columns', () => {
    expect(textOf(jsonLines([], 0, 2))).to.equal('{}\n{}\n')
  })
})
