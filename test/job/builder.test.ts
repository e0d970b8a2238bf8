import { expect } from 'chai'
import { graphOf, isJob } from '../../src/job/brand.ts'
import { job } from '../../src/job/builder.ts'
import type { Stage } from '../../src/job/graph.ts'
import type { Job } from '../../src/job/job.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { list, value } from '../../src/state/state.ts'

const schema = {
  customer: t.string(),
  shop: t.optional(t.int32()),
  price: t.float64(),
  at: t.timestamp('ms'),
}
const purchases = source('purchases', { schema, eventTime: 'at' })
const returns = source('Returns', { schema })
const idle = { state: {}, onRecord: (): void => undefined }
const emits = { customer: t.string(), total: t.float64() }
const emitting = { ...idle, emits }

const stagesOf = (built: Job): readonly Stage[] => graphOf(built).stages
const only = <T>(items: readonly T[]): T => {
  expect(items).to.have.lengthOf(1)
  return items[0] as T
}
const uids = (built: Job): string[][] => stagesOf(built).map(stage => stage.operators.map(({ uid }) => uid))

describe('job builder', () => {
  it('builds the graph of one pipeline', () => {
    const state = { total: value(t.float64(), 0), prices: list(t.float64()) }
    const onRecord = (): void => undefined
    const built = job('retail', { keyGroups: 16 })
      .from(purchases)
      .keyBy('customer')
      .apply('spend', { state, onRecord })
      .to('totals')
    expect(isJob(built)).to.equal(true)
    expect(graphOf(built)).to.deep.equal({
      name: 'retail',
      keyGroups: 16,
      sources: [purchases],
      stages: [
        {
          name: 'spend',
          key: { fields: [{ name: 'customer', type: { kind: 'string' } }] },
          inputs: [
            {
              from: { source: 'purchases' },
              transforms: [],
              schema,
              key: { kind: 'fields', names: ['customer'] },
            },
          ],
          operators: [{ uid: 'spend', state, emits: null, onRecord, sinks: ['totals'] }],
        },
      ],
      sinks: ['totals'],
    })
    expect([built.name, built.sources, built.sinks]).to.deep.equal(['retail', ['purchases'], ['totals']])
    expect(graphOf(job('j').from(purchases).keyBy('shop').apply('a', idle)).keyGroups).to.equal(256)
  })

  it('keeps transforms in order, with their schemas', () => {
    const keep = (): boolean => true
    const map = (record: { readonly customer: string }): { who: string } => ({ who: record.customer })
    const several = (record: { readonly who: string }): { who: string }[] => [record, record]
    const built = job('j')
      .from(purchases)
      .filter(keep)
      .map({ who: t.string() }, map)
      .flatMap({ who: t.string() }, several)
      .keyBy('who')
      .apply('a', idle)
    const input = only(only(stagesOf(built)).inputs)
    expect(input.transforms).to.deep.equal([
      { kind: 'filter', keep },
      { kind: 'map', schema: { who: t.string() }, map },
      { kind: 'flatMap', schema: { who: t.string() }, map: several },
    ])
    expect(input.schema).to.deep.equal({ who: t.string() })
  })

  it('keys by a field without its null, by several, and by a function', () => {
    const keyOf = ({ customer }: { readonly customer: string }): string => customer.slice(0, 1)
    const stream = job('j').from(purchases)
    const keys = [stream.keyBy('shop'), stream.keyBy('shop', 'customer'), stream.keyBy(t.string(), keyOf)]
      .map(keyed =>
        only(stagesOf((keyed as ReturnType<typeof stream.keyBy<'customer', []>>).apply('a', idle))),
      )
      .map(stage => [stage.key.fields, only(stage.inputs).key])
    const shop = { name: 'shop', type: { kind: 'int32' } }
    expect(keys).to.deep.equal([
      [[shop], { kind: 'fields', names: ['shop'] }],
      [
        [shop, { name: 'customer', type: { kind: 'string' } }],
        { kind: 'fields', names: ['shop', 'customer'] },
      ],
      [[{ name: 'key', type: { kind: 'string' } }], { kind: 'function', keyOf }],
    ])
  })

  it('puts operators beside each other on one keyed stream', () => {
    const built = job('j')
      .from(purchases)
      .keyBy('customer')
      .apply('a', idle)
      .to('x')
      .apply('b', idle)
      .to('x')
      .to('y')
    const stage = only(stagesOf(built))
    expect(stage.name).to.equal('a+b')
    expect(stage.operators.map(({ uid, sinks }) => [uid, sinks])).to.deep.equal([
      ['a', ['x']],
      ['b', ['x', 'y']],
    ])
    expect(graphOf(built).sinks).to.deep.equal(['x', 'y'])
  })

  it('goes on behind an operator that declares what it emits', () => {
    const built = job('j')
      .from(purchases)
      .keyBy('customer')
      .apply('a', emitting)
      .to('also-here')
      .filter(record => record.total > 0)
      .keyBy('customer')
      .apply('b', idle)
      .to('there')
    expect(uids(built)).to.deep.equal([['a'], ['b']])
    const input = only((stagesOf(built)[1] as Stage).inputs)
    expect(input.from).to.deep.equal({ operator: 'a' })
    expect(input.schema).to.deep.equal(emits)
    expect(input.transforms.map(({ kind }) => kind)).to.deep.equal(['filter'])
    expect((stagesOf(built)[0] as Stage).operators[0]?.sinks).to.deep.equal(['also-here'])
  })

  it('unites streams of one schema, each with its own transforms', () => {
    const start = job('j')
    const built = start
      .from(purchases)
      .union(start.from(returns).filter(() => true))
      .filter(() => true)
      .keyBy('customer')
      .apply('a', idle)
    const described = only(stagesOf(built)).inputs.map(({ from, transforms }) => [from, transforms.length])
    expect(described).to.deep.equal([
      [{ source: 'purchases' }, 1],
      [{ source: 'Returns' }, 2],
    ])
    expect(built.sources, 'in UTF-16 order').to.deep.equal(['Returns', 'purchases'])
  })

  it('has several pipelines, and names each source once', () => {
    const built = job('j')
      .from(purchases)
      .keyBy('customer')
      .apply('a', idle)
      .from(returns)
      .keyBy('customer')
      .apply('b', idle)
      .from(source('purchases', { schema, eventTime: 'at' }))
      .keyBy('shop')
      .apply('c', idle)
    expect(uids(built)).to.deep.equal([['a'], ['b'], ['c']])
    expect(built.sources).to.deep.equal(['Returns', 'purchases'])
  })

  it('changes nothing in place', () => {
    const first = job('j').from(purchases).keyBy('customer').apply('a', emitting)
    first.to('x').apply('b', idle)
    first.keyBy('customer').apply('c', idle)
    first.from(returns)
    expect(uids(first)).to.deep.equal([['a']])
    expect(first.sinks).to.deep.equal([])
  })
})

describe('job builder: branches brought together', () => {
  const keyed = job('j').from(purchases).keyBy('customer')
  const first = keyed.apply('a', emitting)

  it('shares what they have in common', () => {
    const left = first.to('x').keyBy('customer').apply('left', idle).to('l')
    const right = first.to('y').keyBy('customer').apply('right', idle).to('r')
    const both = left.and(right).and(keyed.apply('beside', idle).to('b'))
    expect(uids(both)).to.deep.equal([['a', 'beside'], ['left'], ['right']])
    expect((stagesOf(both)[0] as Stage).operators[0]?.sinks).to.deep.equal(['x', 'y'])
    expect(both.sinks).to.deep.equal(['b', 'l', 'r', 'x', 'y'])
    expect(uids(left.and(left))).to.deep.equal(uids(left))
  })

  it('has stages behind those they read from, whichever side they come from', () => {
    const other = job('j').from(returns).keyBy('customer').apply('z', emitting)
    const late = other.keyBy('customer').apply('late', emitting)
    const built = first
      .filter(() => true)
      .union(late)
      .keyBy('customer')
      .apply('end', idle)
    const seen = new Set<string>()
    for (const { inputs, operators } of stagesOf(built)) {
      for (const { from } of inputs) if ('operator' in from) expect(seen).to.include(from.operator)
      for (const { uid } of operators) seen.add(uid)
    }
    expect([...seen]).to.deep.equal(['a', 'z', 'late', 'end'])
  })

  it('unites what two operators emit', () => {
    const other = job('j').from(returns).keyBy('customer').apply('z', emitting)
    const built = first.union(other).keyBy('customer').apply('end', idle)
    const { inputs } = stagesOf(built).at(-1) as Stage
    expect(inputs.map(({ from }) => from)).to.deep.equal([{ operator: 'a' }, { operator: 'z' }])
  })
})
