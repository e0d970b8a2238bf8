import { createHash } from 'node:crypto'
import { expect } from 'chai'
import type { Column } from '../../src/record/column.ts'
import { rootDigest, stateHasher } from '../../src/savepoint/digest.ts'
import { sliceRows } from '../../src/savepoint/entry-rows.ts'
import type { EntryRows, StateTable } from '../../src/savepoint/savepoint.ts'
import { failureOf } from './failing.ts'
import { entryRowsOf } from './model.ts'
import { sampleDraft } from './samples.ts'

const table: StateTable = {
  uid: 'op',
  key: {
    fields: [
      { name: 'k', type: { kind: 'string' } },
      { name: 'at', type: { kind: 'timestamp', unit: 'ms' } },
    ],
  },
  state: { name: 'total', kind: 'value', type: { kind: 'optional', of: { kind: 'float64' } } },
}
const rows = (...values: [string, number, number | null][]): EntryRows =>
  entryRowsOf(
    table,
    'base',
    1,
    values.map(([k, at, value]) => ({ key: [k, at], value })),
  )

const sha = (...parts: Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const int64s = (...values: number[]): Buffer => Buffer.from(BigInt64Array.from(values, BigInt).buffer)
const hashOf = (given: EntryRows): string => {
  const hasher = stateHasher(table)
  hasher.add(given)
  return hasher.finish().groups[0]!.hash
}
const progress = sampleDraft({ sources: [], clocks: [] })

describe('the state digest, by hand', () => {
  it('hashes each column as FORMAT.md says', () => {
    const hash = sha(
      int64s(2),
      sha(Buffer.from(Int32Array.of(1, 2).buffer)), // lengths of the first key field
      sha(Buffer.from('abb')),
      sha(int64s(7000, -3000)), // timestamps in µs
      sha(Uint8Array.of(1, 0)), // presence
      sha(Buffer.from(Float64Array.of(-0, 0).buffer)), // nothing is zero
    )
    expect(hashOf(rows(['a', 7, -0], ['bb', -3, null]))).to.equal(hash.toString('hex'))
  })

  it('puts everything under one root', () => {
    const hasher = stateHasher(table)
    hasher.add(rows(['a', 1, 2]))
    const { groups } = hasher.finish()
    const root = JSON.stringify({
      clocks: [['spend', 5]],
      entries: [['op', 'total', 'value', { kind: 'optional', of: { kind: 'float64' } }, 0, groups[0]!.hash]],
      format: 'headwater state digest 1',
      keyGroups: 4,
      sources: [['purchases', null, [[0, 9, 1322697600000]]]],
      timeUnit: 'ms',
    })
    const draft = sampleDraft({
      clocks: [
        { stage: 'spend', clock: 5 },
        { stage: 'none', clock: null },
      ],
    })
    expect(rootDigest([{ table, groups }], draft)).to.equal(sha(Buffer.from(root)).toString('hex'))
  })

  it('takes every bit pattern of NaN for the same, and leaves what is beneath a null out', () => {
    const plain = rows(['a', 1, NaN], ['b', 1, null])
    const odd: Column = {
      ...plain.value,
      values: new Float64Array(BigUint64Array.of(0xfff8_dead_0000_0001n, 77n).buffer),
    }
    expect(hashOf({ ...plain, value: odd })).to.equal(hashOf(plain))
  })

  it('does not depend on how rows are cut, nor on the order and the pieces of tables', () => {
    const many = entryRowsOf(
      table,
      'base',
      4,
      Array.from({ length: 50 }, (_, i) => ({ key: [`k${i}`, i], value: i })),
    )
    const whole = stateHasher(table)
    whole.add(many)
    const pieces = stateHasher(table)
    for (let row = 0; row < 50; row++) pieces.add(sliceRows(many, row, row + 1))
    const digest = whole.finish()
    expect(pieces.finish()).to.deep.equal(digest)
    const others = digest.groups.map(group => ({ table, groups: [group] })).reverse()
    expect(rootDigest(others, progress)).to.equal(rootDigest([digest], progress))
    expect(digest.groups.map(({ group }) => group)).to.deep.equal([0, 1, 2, 3])
  })

  it('leaves out what has not begun, and notices any progress', () => {
    const [source] = sampleDraft().sources
    const [first, untouched] = source!.partitions
    const of = (changes: object, clocks = progress.clocks): string =>
      rootDigest([], { ...progress, clocks, sources: [{ ...source!, ...changes }] })
    const begun = of({ partitions: [first] })
    expect(of({ partitions: [first, untouched] })).to.equal(begun)
    expect(of({ partitions: [first], log: null, order: 'none', cut: 'given' })).to.equal(begun)
    expect(of({ partitions: [untouched] })).to.equal(rootDigest([], progress))
    const others = [
      of({ partitions: [{ ...first!, next: 10 }] }),
      of({ partitions: [{ ...first!, runningMax: 3 }] }),
      of({ partitions: [{ ...first!, partition: 1 }] }),
      of({ partitions: [first], runningMax: 3 }),
      of({ partitions: [first], name: 'orders' }),
      of({ partitions: [first] }, [{ stage: 's', clock: 1 }]),
    ]
    expect(new Set([begun, ...others]).size).to.equal(7)
  })

  it('refuses rows that are not folded or not in order', async () => {
    const hasher = stateHasher(table)
    const deleted = entryRowsOf(table, 'delta', 1, [{ key: ['a', 1], value: 1 }])
    expect((await failureOf(() => hasher.add(deleted))).code).to.equal('bad-rows')
    hasher.add({ ...rows(['a', 1, 1]), keyGroups: Uint16Array.of(3) })
    expect((await failureOf(() => hasher.add(rows(['a', 1, 1])))).code).to.equal('bad-rows')
  })
})
