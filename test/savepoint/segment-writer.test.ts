import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { tableFromIPC } from 'apache-arrow'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { sliceRows } from '../../src/savepoint/entry-rows.ts'
import type { LayerPlace } from '../../src/savepoint/segment-columns.ts'
import type { EntryRows, StateTable } from '../../src/savepoint/savepoint.ts'
import { openSegment } from '../../src/savepoint/segment-writer.ts'
import { failureOf } from './failing.ts'
import { entryRowsOf, type Row } from './model.ts'
import { countingClock, inTempFolder } from './samples.ts'

const total: StateTable = {
  uid: 'op',
  key: {
    fields: [
      { name: 'customer', type: { kind: 'string' } },
      { name: 'day', type: { kind: 'date' } },
    ],
  },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}
const seen: StateTable = {
  ...total,
  state: { name: 'seen', kind: 'list', type: { kind: 'timestamp', unit: 'us' } },
}

const rows: Row[] = [
  { key: ['anna', 0], value: 1.5 },
  { key: ['bert', -1], value: NaN },
  { key: ['carla', 19000], value: -0 },
]

/** Rows in an order of the test's own, all in one key group. */
const inOneGroup = (given: EntryRows, order: readonly number[]): EntryRows[] =>
  order.map(row => ({ ...sliceRows(given, row, row + 1), keyGroups: Uint16Array.of(0) }))

async function written(
  table: StateTable,
  layer: LayerPlace,
  pieces: readonly EntryRows[],
  blockBytes = 1024,
) {
  return inTempFolder(async root => {
    const writer = openSegment(await prepareFolder(root, countingClock()), table, layer, { blockBytes })
    for (const piece of pieces) writer.append(piece)
    const info = await writer.finish()
    const files = (await readdir(join(root, 'segments'))).sort()
    const contents = await Promise.all(files.map(file => readFile(join(root, 'segments', file))))
    return { info, files, arrow: contents[0]!, index: contents[1]!.toString() }
  })
}

describe('a segment', () => {
  it('is an Arrow file that others read, with columns named by key and state', async () => {
    const { arrow, info, files } = await written(total, 'base', [entryRowsOf(total, 'base', 1, rows)])
    const table = tableFromIPC(arrow)
    expect(
      table.schema.fields.map(field => `${field.name} ${field.type}${field.nullable ? '?' : ''}`),
    ).to.deep.equal(['key_group Uint16', 'customer Utf8', 'day Date32<DAY>', 'total Float64'])
    expect([...table].map(row => [row.key_group, row.customer, row.total])).to.deep.equal([
      [0, 'anna', 1.5],
      [0, 'bert', NaN],
      [0, 'carla', -0],
    ])
    expect(info).to.deep.include({ groups: [0, 1], rows: 3, tombstones: 0, blocks: 1, bytes: arrow.length })
    expect(files).to.deep.equal([`${info.name}.arrow`, `${info.name}.index.json`])
    expect(info.name).to.equal(`op.total.${'1'.padStart(32, '0')}.1`)
  })

  it('has nulls where tombstones are', async () => {
    const given = entryRowsOf(seen, 'delta', 1, [
      { key: ['anna', 0], value: null, deleted: true },
      { key: ['anna', 0], value: 5, index: 0 },
      { key: ['bert', 0], value: 6, index: 2 },
    ])
    const { arrow, info } = await written(seen, 'delta', [given])
    const table = tableFromIPC(arrow)
    expect(
      table.schema.fields.map(field => `${field.name} ${field.type}${field.nullable ? '?' : ''}`).slice(3),
    ).to.deep.equal(['index Int32?', 'deleted Bool', 'seen Timestamp<MICROSECOND, UTC>?'])
    expect([...table].map(row => [row.customer, row.index, row.deleted, row.seen === null])).to.deep.equal([
      ['anna', null, true, true],
      ['anna', 0, false, false],
      ['bert', 2, false, false],
    ])
    expect(info).to.deep.include({ rows: 3, tombstones: 1 })
  })

  it('is the same file whatever pieces its rows came in, and has an index line for each block', async () => {
    const many = Array.from({ length: 200 }, (_, i) => ({ key: [`key ${i}`, i], value: i }))
    const all = entryRowsOf(total, 'base', 3, many)
    const cuts = [0, 1, 2, 50, 51, 199, 200]
    const pieces = cuts.slice(1).map((end, i) => sliceRows(all, cuts[i]!, end))
    const whole = await written(total, 'base', [all])
    const cut = await written(total, 'base', pieces)
    expect(cut.arrow.equals(whole.arrow)).to.equal(true)
    expect(cut.index).to.equal(whole.index)
    const { blocks } = JSON.parse(whole.index) as { blocks: unknown[][] }
    expect(blocks.length).to.equal(whole.info.blocks)
    expect(blocks.length).to.be.above(4)
    expect(blocks[0]![6]).to.deep.equal(firstKey(whole.arrow))
    expect(blocks.reduce((sum, [, , , count]) => sum + (count as number), 0)).to.equal(200)
  })

  const one = entryRowsOf(total, 'base', 1, rows)
  const lists = entryRowsOf(seen, 'delta', 1, [
    { key: ['anna', 0], value: null, deleted: true },
    { key: ['anna', 0], value: 5, index: 0 },
    { key: ['anna', 0], value: 5, index: 1 },
  ])
  const disorders: [what: string, says: string, table: StateTable, layer: LayerPlace, pieces: EntryRows[]][] =
    [
      ['keys that descend', 'a key after a greater one', total, 'base', inOneGroup(one, [1, 0])],
      ['a key twice', 'a second row of one key', total, 'base', inOneGroup(one, [0, 0])],
      [
        'groups that descend',
        'key group 0 after 1',
        total,
        'base',
        [{ ...sliceRows(one, 0, 1), keyGroups: Uint16Array.of(1) }, sliceRows(one, 1, 2)],
      ],
      ['an index twice', 'index 1 after 1', seen, 'delta', inOneGroup(lists, [1, 2, 2])],
      [
        'a tombstone after elements',
        'a tombstone after other rows',
        seen,
        'delta',
        inOneGroup(lists, [1, 0]),
      ],
      ['tombstones in the base', 'some', total, 'base', [entryRowsOf(total, 'delta', 1, rows)]],
      [
        'columns of another type',
        'string, date, timestamp(us)',
        total,
        'base',
        [{ ...one, value: lists.value }],
      ],
    ]
  for (const [what, says, table, layer, pieces] of disorders) {
    it(`refuses ${what} as an error of our own`, async () => {
      const error = await failureOf(() => written(table, layer, pieces))
      expect([error.kind, error.code]).to.deep.equal(['internal', 'bad-rows'])
      expect(error.found).to.contain(says)
    })
  }

  it('refuses to be empty', async () => {
    expect((await failureOf(() => written(total, 'base', []))).code).to.equal('empty-segment')
  })

  it('is removed when it is given up', () =>
    inTempFolder(async root => {
      const writer = openSegment(await prepareFolder(root, countingClock()), total, 'base')
      writer.append(entryRowsOf(total, 'base', 1, rows))
      await writer.finish()
      writer.abandon()
      expect(await readdir(join(root, 'segments'))).to.deep.equal([])
    }))
})

/** The first row's key in its JSON form, by apache-arrow. */
function firstKey(arrow: Buffer): string[] {
  const { customer, day } = tableFromIPC(arrow).get(0)!
  return [customer as string, new Date(Number(day)).toISOString().slice(0, 10)]
}
