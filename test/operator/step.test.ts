/** L1: the one step. Rows here are written by hand; both drivers are tested on their own. */
import { expect } from 'chai'
import { t, value, list } from 'headwater'
import { HeadwaterError } from '../../src/errors.ts'
import type { AnyOperator } from '../../src/operator/operator.ts'
import { Step, type KeyedRows } from '../../src/operator/step.ts'
import type { AnyRecord } from '../../src/record/record.ts'
import { KeyTable } from '../../src/state/key-table.ts'

interface Row {
  readonly key: string
  readonly n: number
}

/** Rows whose slots are given in the order in which keys appear. */
function rowsOf(rows: readonly Row[], table: KeyTable): KeyedRows {
  const slots = new Map<string, number>()
  for (const { key } of rows) if (!slots.has(key)) slots.set(key, table.addSlot())
  return {
    record: row => ({ ...rows[row]! }),
    key: row => rows[row]!.key,
    slot: row => slots.get(rows[row]!.key)!,
    time: row => row,
    watermark: row => row - 2,
    where: row => `row ${row}`,
  }
}

interface Sum {
  readonly sum: { get(): number; set(n: number): void }
  readonly all: { add(n: number): void; get(): readonly number[] }
}
interface Call {
  readonly key: string
  readonly watermark: number
  readonly time: number
  emit(record: AnyRecord): void
}

function summing(uid: string, emits: AnyOperator['emits'] = null): AnyOperator {
  return {
    uid,
    state: { sum: value(t.int32(), 0), all: list(t.int32()) },
    emits,
    onRecord: ({ n }: Row, { sum, all }: Sum, out: Call) => {
      sum.set(sum.get() + n)
      all.add(n)
      out.emit({ uid, key: out.key, sum: sum.get(), watermark: out.watermark })
      if (n === 13) throw new Error('thirteen')
    },
  }
}

describe('Step', () => {
  const rows: readonly Row[] = [
    { key: 'a', n: 1 },
    { key: 'b', n: 10 },
    { key: 'a', n: 2 },
  ]

  it('applies each operator to each row, with the focus on its key, and delivers in order', () => {
    const operators = [summing('one'), summing('two')]
    const table = new KeyTable(operators)
    const delivered: unknown[] = []
    const step = new Step(operators, table, (operator, emitted, _, row) =>
      delivered.push([row, operator, emitted[0]!['sum']]),
    )
    step.apply(rowsOf(rows, table), 0, 3)
    expect(delivered).to.deep.equal([
      [0, 0, 1],
      [0, 1, 1],
      [1, 0, 10],
      [1, 1, 10],
      [2, 0, 3],
      [2, 1, 3],
    ])
    expect(table.operators.map(({ columns }) => columns[1]!.values)).to.deep.equal([
      [[1, 2], [10]],
      [[1, 2], [10]],
    ])
  })

  it('applies a range: the first row in, the end out', () => {
    const operators = [summing('one')]
    const table = new KeyTable(operators)
    const seen: unknown[] = []
    new Step(operators, table, (_, emitted) => seen.push(emitted[0]!['watermark'])).apply(
      rowsOf(rows, table),
      1,
      2,
    )
    expect(seen).to.deep.equal([-1])
  })

  it('a call that throws leaves neither writes nor emissions, and is named', () => {
    const operators = [summing('one'), summing('two')]
    const table = new KeyTable(operators)
    const delivered: unknown[] = []
    const step = new Step(operators, table, (operator, emitted) => delivered.push([operator, ...emitted]))
    const bad = [
      { key: 'a', n: 1 },
      { key: 'a', n: 13 },
      { key: 'a', n: 5 },
    ]
    expect(() => step.apply(rowsOf(bad, table), 0, 3)).to.throw(
      HeadwaterError,
      /^invalid operator-failed: operator one, key "a", row 1: found thirteen; /,
    )
    expect(delivered).to.have.length(2)
    for (const { columns } of table.operators) {
      expect(columns[0]!.values[0]).to.equal(1)
      expect(columns[1]!.values[0]).to.deep.equal([1])
    }
  })

  it('checks emissions of a declared schema, muted or not', () => {
    const operators = [summing('one', { sum: t.string() })]
    for (const deliver of [null, () => undefined]) {
      const table = new KeyTable(operators)
      expect(() => new Step(operators, table, deliver).apply(rowsOf(rows, table), 0, 1))
        .to.throw(HeadwaterError)
        .with.property('code', 'operator-failed')
    }
  })

  it('takes what is emitted at that moment, with a schema in the form of its columns', () => {
    const emitting = (emits: AnyOperator['emits']): AnyOperator => ({
      ...summing('one', emits),
      onRecord: (_: Row, { all }: Sum, out: Call) => {
        all.add(1)
        const record = { n: -0, half: 0.1, list: all.get() as number[] }
        out.emit(record)
        all.add(2)
        record.n = 7
      },
    })
    const emittedBy = (operator: AnyOperator): AnyRecord[] => {
      const table = new KeyTable([operator])
      const all: AnyRecord[] = []
      new Step([operator], table, (_, emitted) => all.push(...emitted)).apply(rowsOf(rows, table), 0, 1)
      return all
    }
    expect(emittedBy(emitting(null))).to.deep.equal([{ n: -0, half: 0.1, list: [1] }])
    const schema = { n: t.int32(), half: t.float32(), list: t.list(t.int32()) }
    expect(emittedBy(emitting(schema))).to.deep.equal([{ n: 0, half: Math.fround(0.1), list: [1] }])
  })

  it('refuses an operator that answers a promise: it would run on when its key has left the focus', () => {
    const operators = [{ ...summing('one'), onRecord: (async () => Promise.resolve()) as never }]
    const table = new KeyTable(operators)
    expect(() => new Step(operators, table, null).apply(rowsOf(rows, table), 0, 1)).to.throw(/async-operator/)
  })
})
