import { expect } from 'chai'
import fc from 'fast-check'
import { ipcFileWriter, readIpcFile, readIpcStream } from '../../src/codec/arrow.ts'
import { concat, gather, slice } from '../../src/codec/gather.ts'
import { valueFromJson, valueToJson } from '../../src/codec/json-value.ts'
import { jsonText } from '../../src/codec/json-text.ts'
import { readRecordBatch } from '../../src/codec/record-batch-layout.ts'
import { storedField } from '../../src/codec/stored-field.ts'
import { HeadwaterError } from '../../src/errors.ts'
import type { Column } from '../../src/record/column.ts'
import { required, t, type RequiredSpec, type TypeSpec } from '../../src/record/type.ts'
import { requiredTypes, valuesOf } from './arbitraries.ts'
import { columnOf, difference, rowsOf } from './columns.ts'

const flat = fc.constantFrom<RequiredSpec>(
  ...requiredTypes,
  { kind: 'decimal', precision: 12, scale: 3 },
  { kind: 'decimal', precision: 38, scale: 10 },
)
const keys = fc.constantFrom(
  ...requiredTypes.filter(({ kind }) => kind !== 'bytes' && !kind.startsWith('float')),
)

/** Any type, up to five levels deep. */
const anyType: fc.Arbitrary<TypeSpec> = fc.letrec<{ any: TypeSpec; nested: RequiredSpec }>(tie => ({
  any: fc
    .tuple(fc.oneof({ maxDepth: 5, withCrossShrink: true }, flat, tie('nested')), fc.boolean())
    .map(([of, isOptional]): TypeSpec => (isOptional ? { kind: 'optional', of } : of)),
  nested: fc.oneof(
    tie('any').map((of): RequiredSpec => ({ kind: 'list', of })),
    fc.tuple(keys, tie('any')).map(([key, value]): RequiredSpec => ({ kind: 'map', key, value })),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((types): RequiredSpec => ({
      kind: 'struct',
      fields: types.map((type, i) => ({ name: `f${i}`, type })),
    })),
  ),
})).any

interface Sample {
  readonly type: TypeSpec
  readonly rows: readonly unknown[]
}

const samples: fc.Arbitrary<Sample> = anyType.chain(type =>
  fc.record({ type: fc.constant(type), rows: fc.array(valuesOf(type), { maxLength: 12 }) }),
)

function fileOf(type: TypeSpec, column: Column): Uint8Array {
  const writer = ipcFileWriter([storedField('x', type)])
  return Buffer.concat([writer.head, writer.batch([column]).bytes, writer.finish()])
}

describe('nested columns', () => {
  it('give back what was put in: builder, Arrow file, our own parser', () => {
    fc.assert(
      fc.property(samples, ({ type, rows }) => {
        const column = columnOf(type, rows)
        expect(difference(rowsOf(column), rows)).to.equal(null)
        const [own] = readRecordBatch(
          ipcFileWriter([storedField('x', type)]).batch([column]).bytes,
          [storedField('x', type)],
          'block',
        )
        expect(difference(rowsOf(own!), rows)).to.equal(null)
        const file = readIpcFile(fileOf(type, column))
        if (rows.length === 0) return
        const back = file.batches[0]!.columns.get('x')!
        // Arrow does not tell safe integers and enums: the schema does.
        expect(difference(rowsOf(retyped(back, type)), rows)).to.equal(null)
      }),
      { numRuns: 400 },
    )
  })

  it('are cut, picked and joined like arrays', () => {
    fc.assert(
      fc.property(samples, fc.array(fc.nat(), { maxLength: 20 }), fc.nat(), ({ type, rows }, picks, cut) => {
        const column = columnOf(type, rows)
        const at = rows.length === 0 ? 0 : cut % rows.length
        const pieces = [slice(column, 0, at), slice(column, at, rows.length)]
        expect(difference(pieces.flatMap(rowsOf), rows)).to.equal(null)
        const joined = concat([pieces[1]!, pieces[0]!])
        expect(difference(rowsOf(joined), [...rows.slice(at), ...rows.slice(0, at)])).to.equal(null)
        const chosen = rows.length === 0 ? [] : picks.map(pick => pick % rows.length)
        const picked = gather(
          pieces[1]!,
          Int32Array.from(
            chosen.filter(i => i >= at),
            i => i - at,
          ),
          0,
          chosen.filter(i => i >= at).length,
        )
        expect(
          difference(
            rowsOf(picked),
            chosen.filter(i => i >= at).map(i => rows[i]),
          ),
        ).to.equal(null)
      }),
      { numRuns: 300 },
    )
  })

  it('are written the same as slices and as columns of their own', () => {
    fc.assert(
      fc.property(samples, fc.nat(), ({ type, rows }, cut) => {
        const at = rows.length === 0 ? 0 : cut % rows.length
        const sliced = readIpcStream(fileOf(type, slice(columnOf(type, rows), at, rows.length)).subarray(8))
        const own = readIpcStream(fileOf(type, columnOf(type, rows.slice(at))).subarray(8))
        expect(sliced.batches.length).to.equal(own.batches.length)
        if (own.batches.length === 0) return
        const found = rowsOf(retyped(sliced.batches[0]!.columns.get('x')!, type))
        expect(difference(found, rows.slice(at))).to.equal(null)
      }),
      { numRuns: 100 },
    )
  })

  it('have a JSON form that gives them back', () => {
    fc.assert(
      fc.property(samples, ({ type, rows }) => {
        const text = jsonText(rows.map(row => valueToJson(type, row)))
        const back = (JSON.parse(text) as unknown[]).map(json => valueFromJson(type, json, 'it'))
        expect(difference(back, rows)).to.equal(null)
      }),
      { numRuns: 200 },
    )
  })

  it('take any damage for what it is, or read', () => {
    const type = t.list(t.struct({ a: t.optional(t.string()), b: t.map(t.int32(), t.decimal(9, 2)) })).spec
    const field = storedField('x', type)
    const rows = [
      [],
      [
        {
          a: 'é',
          b: new Map([
            [1, '1.00'],
            [2, '2.00'],
          ]),
        },
        { a: null, b: new Map() },
      ],
    ]
    const { bytes } = ipcFileWriter([field]).batch([columnOf(type, rows)])
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(damage, changes => {
        const damaged = bytes.slice()
        for (const [at, byte] of changes) damaged[at] = byte
        try {
          rowsOf(readRecordBatch(damaged, [field], 'block')[0]!)
        } catch (error) {
          if (!(error instanceof HeadwaterError)) throw error
          expect(error.code).to.equal('corrupt-block')
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('refuse a block whose map keys do not ascend', () => {
    const type = t.map(t.string(), t.bool()).spec
    const good = columnOf(type, [
      new Map([
        ['a', true],
        ['b', false],
      ]),
    ])
    const [names, values] = good.children!
    const turned: Column = { ...good, children: [gather(names!, Int32Array.of(1, 0), 0, 2), values!] }
    const field = storedField('x', type)
    expect(() => readRecordBatch(ipcFileWriter([field]).batch([turned]).bytes, [field], 'block'))
      .to.throw()
      .that.includes({ code: 'corrupt-block', found: 'a map whose keys do not ascend' })
  })
})

/** The column with the declared types all the way down. */
function retyped(column: Column, type: TypeSpec): Column {
  const spec = required(type)
  const types =
    spec.kind === 'struct'
      ? spec.fields.map(field => field.type)
      : spec.kind === 'list'
        ? [spec.of]
        : spec.kind === 'map'
          ? [spec.key, spec.value]
          : null
  if (types === null) return { ...column, type }
  return { ...column, type, children: column.children!.map((child, i) => retyped(child, types[i]!)) }
}
