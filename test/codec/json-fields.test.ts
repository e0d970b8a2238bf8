/** Fields of JSON objects from bytes: always what JSON.parse gives, or left to it. */
import { expect } from 'chai'
import fc from 'fast-check'
import { jsonFieldsReader } from '../../src/codec/json-fields.ts'

const names = ['user', 'amount', 'at', 'constructor', '__proto__', 'ü']
const read = jsonFieldsReader(names)

/** Amid bytes of others, which must not count. */
function readAmid(text: string, before = '{"user":"', after = '","amount":7}'): unknown {
  const [head, own] = [Buffer.from(before), Buffer.from(text)]
  return read(Buffer.concat([head, own, Buffer.from(after)]), head.length, head.length + own.length)
}

function picked(value: unknown): Record<string, unknown> {
  const own = Object.entries(value as object)
  return Object.fromEntries(names.map(name => [name, own.find(([key]) => key === name)?.[1]]))
}

/** What it answers is right; whether it answers. */
function check(text: string): boolean {
  const found = readAmid(text)
  if (found === null) return false
  const parsed = JSON.parse(text) as unknown
  expect(Object.keys(found as object).toSorted()).to.deep.equal(names.toSorted())
  for (const [name, value] of Object.entries(picked(parsed))) {
    const own = Object.getOwnPropertyDescriptor(found, name)?.value as unknown
    expect(Object.is(own, value), `${name} of ${text}: ${String(own)}`).to.equal(true)
  }
  return true
}

describe('fields of JSON objects from bytes', () => {
  it('the usual is read', () => {
    const usual = [
      '{"user":"u1","amount":4711,"ts":1690000000000,"id":"9f"}',
      '{}',
      ' { "at" : 1.5 , "user" :\t"" }\r\n',
      '{"amount":-3,"at":null,"other":true,"user":"a longer text than sixteen bytes"}',
      '{"user":false,"amount":0,"at":0.25,"constructor":"x","other":-12.75}',
      '{"user":"first","user":"last"}',
      '{"amount":999999999999999}',
      '{"__proto__":5}',
    ]
    for (const text of usual) expect(check(text), text).to.equal(true)
  })

  it('what is unusual, and what is no JSON, is left to JSON.parse', () => {
    const unusual = ['[]', '"user"', '7', 'null', '', ' ', '{"user":"a\\nb"}', '{"user":"ü"}', '{"ü":1}']
    const numbers = [
      '-0',
      '01',
      '1e3',
      '1E3',
      '1.',
      '.5',
      '-',
      '+1',
      '1.5e1',
      '-0.5',
      '1234567890123456',
      '0x1',
    ]
    const wrong = [
      '{',
      '{"user"}',
      '{"user":}',
      '{"user":1,}',
      '{,}',
      '{"user":1 "at":2}',
      '{"user":1}}',
      '{user:1}',
    ]
    const words = [
      'tru',
      'truely',
      'nul',
      'falsey',
      'undefined',
      '{}',
      '[1]',
      "'a'",
      '"a',
      '"a\u0001"',
      '"a\u007f"',
    ]
    const values = [...numbers, ...words].map(value => `{"at":${value}}`)
    for (const text of [...unusual, ...wrong, ...values]) expect(readAmid(text), text).to.equal(null)
  })

  it('whatever the text: an answer is what JSON.parse gives', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    )
    const value = fc.oneof({ weight: 9, arbitrary: scalar }, fc.jsonValue({ maxDepth: 2 }))
    const entry = fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), value)
    const text = fc.array(entry, { maxLength: 6 }).map(entries => {
      const parts = entries.map(([name, each]) => `${JSON.stringify(name)}:${JSON.stringify(each)}`)
      return `{${parts.join(',')}}`
    })
    let answers = 0
    fc.assert(
      fc.property(text, each => void (check(each) && answers++)),
      { numRuns: 500 },
    )
    expect(answers).to.be.above(50)
  })

  it('with characters changed, left out or doubled: still', () => {
    const text = '{"user":"u1","amount":-4711,"at":12.5,"x":null,"y":true}'
    const insert = fc.constantFrom(
      '',
      '"',
      ',',
      ':',
      '{',
      '}',
      '0',
      '-',
      '.',
      'e',
      ' ',
      '\\',
      'n',
      'ü',
      '[',
      ']',
    )
    const change = fc.tuple(fc.nat(text.length), fc.nat(2), insert)
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), changes => {
        const broken = changes.reduce(
          (all, [at, drop, put]) => all.slice(0, at) + put + all.slice(at + drop),
          text,
        )
        check(broken)
      }),
      { numRuns: 3000 },
    )
  })
})
