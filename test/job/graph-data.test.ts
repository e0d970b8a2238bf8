import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { graphOf } from '../../src/job/brand.ts'
import { job } from '../../src/job/builder.ts'
import { graphData, graphDigest, stateSchemas } from '../../src/job/graph-data.ts'
import type { Job } from '../../src/job/job.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { list, reducing, value } from '../../src/state/state.ts'

const schema = { customer: t.string(), kind: t.enum('a', 'b'), at: t.optional(t.timestamp('us')) }
const clicks = source('clicks', { schema, eventTime: 'at', maxAheadMs: 7 })
const onRecord = (): void => undefined
const state = {
  total: value(t.float64(), 0),
  kinds: list(t.enum('a', 'b')),
  sum: reducing(t.int64(), (a, b) => a + b),
}

const retail = job('retail', { keyGroups: 4 })
  .from(clicks)
  .filter(() => true)
  .map({ who: t.string() }, ({ customer }) => ({ who: customer }))
  .keyBy('who')
  .apply('spend', { state, emits: { n: t.safeInt64() }, onRecord })
  .to('totals')
  .keyBy(t.safeInt64(), ({ n }) => n)
  .apply('after', { state: {}, onRecord })

/** Written by hand, members in the order of their names. */
const expected = {
  format: 1,
  keyGroups: 4,
  name: 'retail',
  sinks: ['totals'],
  sources: [
    {
      badRecords: 'stop',
      eventTime: 'at',
      fields: [
        { name: 'customer', type: { kind: 'string' } },
        { name: 'kind', type: { kind: 'enum', values: ['a', 'b'] } },
        { name: 'at', type: { kind: 'optional', of: { kind: 'timestamp', unit: 'us' } } },
      ],
      handoffLatenessMs: 0,
      maxAheadMs: 7,
      maxEventTimeMs: null,
      name: 'clicks',
      outOfOrdernessMs: 0,
      partitionedByKey: false,
    },
  ],
  stages: [
    {
      inputs: [
        {
          fields: [{ name: 'who', type: { kind: 'string' } }],
          from: { source: 'clicks' },
          keyFields: ['who'],
          transforms: [
            { fields: null, kind: 'filter' },
            { fields: [{ name: 'who', type: { kind: 'string' } }], kind: 'map' },
          ],
        },
      ],
      key: [{ name: 'who', type: { kind: 'string' } }],
      operators: [
        {
          emits: [{ name: 'n', type: { kind: 'safeInt64' } }],
          sinks: ['totals'],
          states: [
            { kind: 'value', name: 'total', type: { kind: 'float64' } },
            { kind: 'list', name: 'kinds', type: { kind: 'enum', values: ['a', 'b'] } },
            { kind: 'reducing', name: 'sum', type: { kind: 'int64' } },
          ],
          uid: 'spend',
        },
      ],
    },
    {
      inputs: [
        {
          fields: [{ name: 'n', type: { kind: 'safeInt64' } }],
          from: { operator: 'spend' },
          keyFields: null,
          transforms: [],
        },
      ],
      key: [{ name: 'key', type: { kind: 'safeInt64' } }],
      operators: [{ emits: null, sinks: [], states: [], uid: 'after' }],
    },
  ],
}

const digestOf = (built: Job): string => graphDigest(graphOf(built))

describe('graph data', () => {
  it('is the graph without its functions', () => {
    expect(graphData(graphOf(retail))).to.deep.equal(expected)
    expect(JSON.parse(JSON.stringify(graphData(graphOf(retail))))).to.deep.equal(expected)
    expect(stateSchemas(state).map(({ name }) => name)).to.deep.equal(['total', 'kinds', 'sum'])
  })

  it('has a digest of its canonical JSON', () => {
    const byHand = createHash('sha256').update(JSON.stringify(expected)).digest('hex')
    expect(digestOf(retail)).to.equal(byHand)
  })

  it('has another digest for another graph, and the same for other code', () => {
    const base = { name: 'clicks', schema: { a: t.string(), b: t.string() } as const }
    const build = (change: (parts: typeof parts0) => Partial<typeof parts0>): string => {
      const parts = { ...parts0, ...change(parts0) }
      const from = source(parts.source, { schema: parts.schema, outOfOrdernessMs: parts.lateMs })
      const stream = job(parts.name, { keyGroups: parts.groups }).from(from).filter(parts.keep)
      return digestOf(
        stream.keyBy(parts.key).apply(parts.uid, { state: parts.state, onRecord }).to(parts.sink),
      )
    }
    const parts0 = {
      name: 'j',
      groups: 2,
      source: base.name,
      schema: base.schema,
      lateMs: 0,
      keep: (): boolean => true,
      key: 'a' as 'a' | 'b',
      uid: 'u',
      state: { s: value(t.int32()) } as Record<string, ReturnType<typeof value<number>>>,
      sink: 'out',
    }
    const changes: Partial<typeof parts0>[] = [
      { name: 'k' },
      { groups: 3 },
      { source: 'views' },
      { schema: { b: t.string(), a: t.string() } },
      { lateMs: 1 },
      { key: 'b' },
      { uid: 'v' },
      { state: { s: value(t.int16()) } },
      { state: { r: value(t.int32()) } },
      { state: {} },
      { sink: 'in' },
    ]
    const digests = [{}, ...changes].map(change => build(() => change))
    expect(new Set(digests).size).to.equal(changes.length + 1)
    expect(build(() => ({ keep: () => false }))).to.equal(digests[0])
    expect(build(() => ({ state: { s: value(t.int32(), 5) as never } }))).to.equal(digests[0])
  })
})
