import { expect } from 'chai'
import fc from 'fast-check'
import { columnBuilder } from '../../../src/codec/column-builder.ts'
import { HeadwaterError } from '../../../src/errors.ts'
import type { Field } from '../../../src/record/record.ts'
import { rowCondition } from '../../../src/savepoint/where/where.ts'
import { duckdb } from '../../duckdb.ts'

const fields: readonly Field[] = [
  { name: 'customer', type: { kind: 'string' } },
  { name: 'total', type: { kind: 'optional', of: { kind: 'float64' } } },
  { name: 'count', type: { kind: 'int64' } },
  { name: 'paid', type: { kind: 'optional', of: { kind: 'bool' } } },
  { name: 'day', type: { kind: 'date' } },
  { name: 'at', type: { kind: 'timestamp', unit: 'ms' } },
  { name: 'odd "name"', type: { kind: 'int8' } },
]

const rows: readonly (readonly unknown[])[] = [
  ['ann', 5, 1n, true, 0, 0, 1],
  ['bob', null, 9007199254740993n, false, 1, 1_700_000_000_000, 2],
  [`o'brien`, NaN, -5n, null, -1, -1, 3],
  ['Zoë', -0.5, 0n, true, 19_000, 1, 4],
  ['\u{1F701}', Infinity, 7n, null, 2, 2, 5],
  ['\uFFFD', 5, 8n, false, 3, 3, 6],
]

const columns = fields.map(({ name, type }, i) => {
  const builder = columnBuilder(type)
  for (const row of rows) builder.append(row[i])
  return { name, column: builder.finish() }
})

function kept(text: string): number[] {
  const test = rowCondition(text, fields).test(columns)
  return [...rows.keys()].filter(test)
}

describe('conditions on rows', () => {
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ['total > 4', [0, 2, 4, 5]], // NaN above all
    ['total >= 5 and not total = 5', [2, 4]],
    ['total is null', [1]],
    ['total is not null and paid', [0, 3]],
    ['not paid', [1, 5]],
    ['paid = true or total < 0', [0, 3]],
    [`customer = 'o''brien'`, [2]],
    [`customer in ('ann', 'bob')`, [0, 1]],
    [`customer not in ('ann', 'bob')`, [2, 3, 4, 5]],
    [`customer > '\uFFFD'`, [4]], // by code points, not by UTF-16
    ['count = 9007199254740993', [1]],
    ['count = 9007199254740992', []],
    ['count > 6.5', [1, 4, 5]],
    ['count = 7.0', [4]],
    [`count = '7'`, [4]],
    [`day >= '1970-01-03'`, [3, 4, 5]],
    [`at = '2023-11-14T22:13:20Z'`, [1]],
    ['at < 0', [2]],
    [`"odd ""name""" = 4`, [3]],
    ['5 < count', [1, 4, 5]],
    ['total = count', []],
    ['total > count', [0, 2, 4]],
    [`(total = 5 or customer = 'bob') and (count > 1)`, [1, 5]],
    [`TOTAL IS NULL or total = 5`.replace('TOTAL', 'total'), [0, 1, 5]],
    ['total = -0.5', [3]],
    ['total = -.5e0', [3]],
    ['total <> 5', [2, 3, 4]],
    ['total != 5 or total is null', [1, 2, 3, 4]],
    [`total = 'Infinity'`, [4]],
  ]
  for (const [text, expected] of cases)
    it(text, () => {
      expect(kept(text)).to.deep.equal(expected)
    })

  const wrong: readonly (readonly [string, RegExp])[] = [
    [
      'totl > 5',
      /character 1: expected a column: customer, total, count, paid, day, at, odd "name", found totl/,
    ],
    ['total >', /character 8: expected a column or a value, found the end/],
    ['total > 5 5', /character 11: expected and, or, or the end, found '5'/],
    ['(total > 5', /character 11: expected '\)', found the end/],
    [`customer = 'x`, /character 12: expected the end of what is quoted, found none/],
    ['customer > 5', /character 12: expected string, found 5/],
    ['total = true', /character 9: expected optional\(float64\), found true/],
    ['5 = 5', /character 1: expected a column on one side/],
    ['customer', /character 1: expected a comparison, found a column of string alone/],
    ['customer = total', /character 12: expected something that is a text, found a number/],
    [`day = '1970-13-01'`, /character 7: expected date/],
    ['total.x = 5', /expected a field of it: none, found x/],
    ['total is 5', /character 10: expected null, found '5'/],
    ['process.exit(1)', /character 13: expected and, or, or the end, found '\('/],
    ['total > 5; drop', /character 10: expected a column, a value or an operator, found ';'/],
    ['', /character 1: expected a column or a value, found the end/],
    [`${'('.repeat(5000)}total > 5${')'.repeat(5000)}`, /expected nesting up to 100/],
  ]
  for (const [text, message] of wrong)
    it(`refuses ${text.slice(0, 40) || 'nothing'}`, () => {
      expect(() => rowCondition(text, fields))
        .to.throw(HeadwaterError, message)
        .with.property('code', 'bad-where')
    })

  it('agrees with DuckDB on random conditions', async () => {
    const operand = fc.constantFrom('a', 'b', '1', '2', '-1', '0.5')
    const leaf = fc.oneof(
      fc
        .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('=', '<>', '<', '<=', '>', '>='), operand)
        .map(parts => parts.join(' ')),
      fc.constantFrom('a is null', 'b is not null', 'c', 'not c', 'a in (1, 2)', 'b not in (0, 1)'),
    )
    const { tree } = fc.letrec<{ tree: string }>(tie => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc
          .tuple(tie('tree'), fc.constantFrom('and', 'or'), tie('tree'))
          .map(([x, op, y]) => `(${x} ${op} ${y})`),
        fc.tuple(tie('tree'), fc.constantFrom('and', 'or'), leaf).map(([x, op, y]) => `${x} ${op} ${y}`),
        tie('tree').map(x => `not (${x})`),
      ),
    }))
    const values = [null, -1, 0, 1, 2]
    const all = values.flatMap(a => values.flatMap(b => [null, true, false].map(c => [a, b, c])))
    const optional = (of: 'int32' | 'float64' | 'bool'): Field['type'] => ({
      kind: 'optional',
      of: { kind: of },
    })
    const schema = [
      { name: 'a', type: optional('int32') },
      { name: 'b', type: optional('float64') },
      { name: 'c', type: optional('bool') },
    ]
    const own = schema.map(({ name, type }, i) => {
      const builder = columnBuilder(type)
      for (const row of all) builder.append(row[i])
      return { name, column: builder.finish() }
    })
    const texts = fc.sample(tree, { numRuns: 150, seed: 7 })
    const listed = all.map((row, i) => `(${[i, ...row].join(', ').replaceAll(/, (?=,|$)/g, ', null')})`)
    const table = `(values ${listed.join(', ')}) t(i, a, b, c)`
    const counts = texts.map((text, i) => `list(i order by i) filter (where ${text}) as q${i}`)
    const [found] = await duckdb(`select ${counts.join(', ')} from ${table.replaceAll(', ,', ', null,')}`)
    for (const [i, text] of texts.entries()) {
      const test = rowCondition(text, schema).test(own)
      const ours = [...all.keys()].filter(test)
      expect(ours, text).to.deep.equal(found![`q${i}`] ?? [])
    }
  })
})
