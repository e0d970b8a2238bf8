import { expect } from 'chai'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { list, reducing, value } from '../../src/state/state.ts'
import { refuses } from './refuses.ts'

const schema = {
  customer: t.string(),
  price: t.float64(),
  photo: t.bytes(),
  index: t.int32(),
  Deleted: t.bool(),
  at: t.timestamp('ms'),
}
const purchases = source('purchases', { schema, eventTime: 'at' })

/** The chain as plain JavaScript sees it. */
type Loose = Record<string, (...args: readonly unknown[]) => Loose>
const loosely = (built: unknown): Loose => built as Loose
const start = (): Loose => loosely(job('j'))
const stream = (): Loose => loosely(job('j').from(purchases))
const keyed = (): Loose => loosely(job('j').from(purchases).keyBy('customer'))

const onRecord = (): void => undefined
const idle = { state: {}, onRecord }
const emitting = { ...idle, emits: { customer: t.string() } }

describe('rules of a job: names and settings', () => {
  it('refuses names that are no file names', () => {
    for (const name of ['', 'a/b', '../x', '__proto__', undefined]) {
      refuses(() => (job as (name: unknown) => unknown)(name), 'bad-name')
      refuses(() => keyed().apply?.(name, idle), 'bad-name')
      refuses(() => keyed().apply?.('a', idle).to?.(name), 'bad-name')
    }
    for (const name of ['a/b', '', 'a b']) {
      const state = Object.fromEntries([[name, value(t.int32())]])
      expect(refuses(() => keyed().apply?.('a', { state, onRecord }), 'bad-name')).to.contain(
        'operator a: state',
      )
    }
  })

  it('refuses numbers of key groups that are none', () => {
    const withGroups = job as (name: string, options: unknown) => unknown
    for (const keyGroups of [0, -1, 1.5, 32769, NaN, '256', null]) {
      refuses(() => withGroups('j', { keyGroups }), 'bad-key-groups')
    }
    for (const keyGroups of [1, 32768]) job('j', { keyGroups })
    refuses(() => withGroups('j', { groups: 1 }), 'unknown-option')
  })

  it('refuses what is no source', () => {
    for (const given of [undefined, 'purchases', { name: 'purchases' }]) {
      refuses(() => start().from?.(given), 'not-a-source')
    }
  })

  it('refuses another source under a known name', () => {
    const job1 = keyed().apply?.('a', idle) as Loose
    const other = source('purchases', { schema: { customer: t.string() } })
    const message = refuses(() => job1.from?.(other), 'duplicate-source')
    expect(message).to.contain('source purchases')
    refuses(
      () => job1.from?.(source('purchases', { schema, eventTime: 'at', outOfOrdernessMs: 1 })),
      'duplicate-source',
    )
    refuses(() => job1.from?.(source('Purchases', { schema, eventTime: 'at' })), 'duplicate-source')
  })

  it('refuses a uid twice, also by letters of another case, and in another stage', () => {
    const first = keyed().apply?.('Spend', emitting) as Loose
    refuses(() => first.apply?.('Spend', idle), 'duplicate-uid')
    refuses(() => first.apply?.('spend', idle), 'duplicate-uid')
    refuses(() => first.keyBy?.('customer').apply?.('spend', idle), 'duplicate-uid')
    refuses(() => first.and?.(keyed().apply?.('Spend', idle)), 'duplicate-uid')
  })

  it('refuses a sink twice for one operator', () => {
    refuses(() => keyed().apply?.('a', idle).to?.('x').to?.('x'), 'duplicate-sink')
  })

  it('brings together only parts of one job', () => {
    const one = keyed().apply?.('a', idle) as Loose
    const renamed = job('k').from(purchases).keyBy('customer').apply('b', idle)
    const regrouped = job('j', { keyGroups: 8 }).from(purchases).keyBy('customer').apply('b', idle)
    for (const other of [renamed, regrouped, {}, undefined]) refuses(() => one.and?.(other), 'different-job')
    refuses(() => stream().union?.(job('k').from(purchases)), 'different-job')
  })
})

describe('rules of a job: keys', () => {
  it('refuses fields that are not there, or no key', () => {
    expect(refuses(() => stream().keyBy?.('client'), 'unknown-field')).to.contain(`keyBy('client')`)
    for (const name of ['price', 'photo']) refuses(() => stream().keyBy?.(name), 'bad-key-type')
    refuses(() => stream().keyBy?.('customer', 'customer'), 'duplicate-key-field')
    refuses(() => stream().keyBy?.(), 'bad-key-type')
    for (const args of [[7], [() => 'x'], ['customer', () => 'x']])
      refuses(() => stream().keyBy?.(...args), 'bad-key')
  })

  it('refuses key fields named like a column of every savepoint', () => {
    for (const name of ['index', 'Deleted']) refuses(() => stream().keyBy?.(name), 'reserved-name')
  })

  it('refuses key functions without a type that may be a key', () => {
    for (const type of [t.float64(), t.bytes(), t.optional(t.string())]) {
      refuses(() => stream().keyBy?.(type, () => 'x'), 'bad-key-type')
    }
    for (const given of [undefined, 'customer', async () => 'x']) {
      refuses(() => stream().keyBy?.(t.string(), given), 'bad-function')
    }
  })
})

describe('rules of a job: functions and schemas', () => {
  it('refuses what is no synchronous function', () => {
    for (const given of [undefined, null, {}, 'x', async () => true, async function* () {}]) {
      refuses(() => stream().filter?.(given), 'bad-function')
      refuses(() => stream().map?.(schema, given), 'bad-function')
      refuses(() => stream().flatMap?.(schema, given), 'bad-function')
      refuses(() => keyed().apply?.('a', { state: {}, onRecord: given }), 'bad-function')
    }
    refuses(() => reducing(t.float64(), undefined as never), 'bad-function')
  })

  it('refuses what is no schema', () => {
    for (const given of [undefined, {}, { x: 'string' }]) {
      refuses(() => stream().map?.(given, () => ({})), 'bad-schema')
      refuses(() => stream().flatMap?.(given, () => []), 'bad-schema')
      if (given !== undefined) refuses(() => keyed().apply?.('a', { ...idle, emits: given }), 'bad-schema')
    }
  })

  it('refuses to unite streams of other schemas', () => {
    const names = source('names', { schema: { customer: t.string() } })
    const message = refuses(() => stream().union?.(job('j').from(names)), 'different-schema')
    expect(message).to.contain('found customer string;')
    refuses(() => stream().union?.({}), 'bad-union')
    refuses(() => stream().union?.(keyed().apply?.('a', idle)), 'no-emits')
  })

  it('refuses a stage behind an operator that does not say what it emits', () => {
    const silent = keyed().apply?.('a', idle) as Loose
    for (const method of ['keyBy', 'filter', 'map', 'flatMap', 'union']) {
      expect(refuses(() => silent[method]?.('customer'), 'no-emits'))
        .to.contain('operator a')
        .and.contain('emits: {')
    }
  })
})

describe('rules of a job: state', () => {
  const withState = (state: unknown): unknown => keyed().apply?.('a', { state, onRecord })

  it('refuses reserved names and names of key fields', () => {
    for (const name of ['key_group', 'index', 'deleted', 'Key_Group']) {
      refuses(() => withState({ [name]: value(t.int32()) }), 'reserved-name')
    }
    expect(refuses(() => withState({ Customer: list(t.int32()) }), 'duplicate-name')).to.contain(
      `key field 'customer'`,
    )
    refuses(() => withState({ total: value(t.int32()), Total: value(t.int32()) }), 'duplicate-name')
    const byFunction = loosely(
      job('j')
        .from(purchases)
        .keyBy(t.string(), ({ customer }) => customer),
    )
    refuses(() => byFunction.apply?.('a', { state: { key: value(t.int32()) }, onRecord }), 'duplicate-name')
  })

  it('refuses what is no declared state', () => {
    for (const state of [undefined, null, 'x']) refuses(() => withState(state), 'bad-state')
    for (const declared of [
      0,
      null,
      t.int32(),
      { kind: 'queue', type: { kind: 'int32' } },
      { kind: 'value' },
    ]) {
      refuses(() => withState({ total: declared }), 'bad-state')
    }
    refuses(() => keyed().apply?.('a', { ...idle, emit: {} }), 'unknown-option')
    refuses(() => keyed().apply?.('a'), 'bad-options')
  })

  it('refuses initial values of another type', () => {
    refuses(() => value(t.int32(), 0.5), 'wrong-type')
    refuses(() => value(t.string(), '\ud800'), 'wrong-type')
    refuses(() => reducing(t.int64(), (a, b) => a + b, 2n ** 63n), 'wrong-type')
  })
})
