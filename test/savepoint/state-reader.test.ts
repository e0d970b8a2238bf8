import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { keyCodec } from '../../src/record/key.ts'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { getKey } from '../../src/savepoint/get.ts'
import { editDistance } from '../../src/savepoint/near-keys.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { Savepoint, StateTable } from '../../src/savepoint/savepoint.ts'
import { openStateReader } from '../../src/savepoint/state-reader.ts'
import { failureOf } from './failing.ts'
import { writeLayers, type Change } from './model.ts'
import { countingClock, inTempFolder, sampleDraft } from './samples.ts'
import { invalid } from '../../src/errors.ts'

const text = { fields: [{ name: 'k', type: { kind: 'string' as const } }] }
const total: StateTable = {
  uid: 'op',
  key: text,
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}
const seen: StateTable = {
  uid: 'op',
  key: text,
  state: { name: 'seen', kind: 'list', type: { kind: 'string' } },
}
const store: StateTable = {
  uid: 'stores',
  key: { fields: [{ name: 'store', type: { kind: 'int32' } }] },
  state: { name: 'best', kind: 'reducing', type: { kind: 'int32' } },
}

const set = (key: Change['key'], ...values: unknown[]): Change => ({ key, clear: false, values })
const request = (key: string) => ({ key, group: keyCodec(text).group(key, 4) })

/** Values of a to c in two layers, lists of a, and another operator's state by number. */
async function withSavepoint(work: (savepoint: Savepoint) => Promise<void>): Promise<void> {
  await inTempFolder(async root => {
    const folder = await prepareFolder(root, countingClock())
    const totals = await writeLayers(folder, total, 4, [
      [set('anna', 1), set('bert', 2), set('Carla', 3)],
      [set('anna', 10), { key: 'bert', clear: true, values: [] }],
    ])
    const lists = await writeLayers(folder, seen, 4, [[set('anna', 'x', 'y')]])
    const stores = await writeLayers(folder, store, 4, [[set(100, 7), set(205, 8)]])
    const operators = [
      { uid: 'op', key: text, states: [totals, lists] },
      { uid: 'stores', key: store.key, states: [stores] },
    ]
    await folder.commit(sampleDraft({ operators, stateDigest: null }))
    await work(await openSavepoint(root))
  })
}

describe('a state reader', () => {
  it('answers in the order that was asked, the same key as often as it is asked for', () =>
    withSavepoint(async savepoint => {
      const reader = openStateReader(savepoint, 'op', 'total')
      expect(await reader.fetch([])).to.deep.equal([])
      const asked = ['Carla', 'bert', 'nobody', 'anna', 'Carla'].map(request)
      const values = [3, null, null, 10, 3].map(value =>
        value === null ? { kind: 'absent' } : { kind: 'value', value },
      )
      expect(await reader.fetch(asked)).to.deep.equal(values)
      expect(await Promise.all(asked.map(each => reader.fetch([each])))).to.deep.equal(
        values.map(value => [value]),
      )
      await reader.close()
    }))

  it('goes on with newer layers, and keeps what both have', () =>
    withSavepoint(async savepoint => {
      const { manifest } = savepoint
      const [op, stores] = manifest.operators
      const [totals, lists] = op!.states
      const below = { ...totals!, layers: totals!.layers.slice(0, 1) }
      const old = {
        ...savepoint,
        manifest: { ...manifest, operators: [{ ...op!, states: [below, lists!] }, stores!] },
      }
      const reader = openStateReader(old, 'op', 'total')
      const before = reader.fetch(['anna', 'bert'].map(request))
      reader.advance(savepoint)
      const after = reader.fetch(['anna', 'bert'].map(request))
      expect(await before).to.deep.equal([
        { kind: 'value', value: 1 },
        { kind: 'value', value: 2 },
      ])
      expect(await after).to.deep.equal([{ kind: 'value', value: 10 }, { kind: 'absent' }])
      await reader.close()
    }))

  it('says which states there are', () =>
    withSavepoint(async savepoint => {
      const error = await failureOf(() => openStateReader(savepoint, 'op', 'totals'))
      expect([error.kind, error.code]).to.deep.equal(['invalid', 'unknown-state'])
      expect(error.expected).to.equal('one of op/total, op/seen, stores/best')
    }))

  it('names a damaged block, and can be asked again', () =>
    withSavepoint(async savepoint => {
      const { open } = await import('node:fs/promises')
      const segments = join(savepoint.folder, 'segments')
      const name = (await readdir(segments)).find(file => /total.*\.1\.arrow/.test(file))!
      const file = await open(join(segments, name), 'r+')
      const { size } = await file.stat()
      const bytes = (await file.read(Buffer.alloc(size), 0, size, 0)).buffer
      const at = bytes.indexOf('Carla')
      await file.write('K', at)
      const reader = openStateReader(savepoint, 'op', 'total')
      for (const _ of [1, 2]) {
        const error = await failureOf(() => reader.fetch([request('Carla')]))
        expect([error.kind, error.code]).to.deep.equal(['data', 'corrupt-segment'])
        expect(error.thing).to.match(new RegExp(`${name}: block at \\d+`))
      }
      await file.write('C', at)
      expect(await reader.fetch([request('Carla')])).to.deep.equal([{ kind: 'value', value: 3 }])
      await reader.close()
      await file.close()
    }))
})

describe('everything a key has', () => {
  const asText = (key: string) => (schema: StateTable['key']) => {
    if (schema.fields[0]!.type.kind === 'string') return key
    if (/^\d+$/.test(key)) return Number(key)
    throw invalid({ code: 'bad-key', thing: key })
  }

  it('stands across operators and states, where the text can be a key', () =>
    withSavepoint(async savepoint => {
      const anna = await getKey(savepoint, asText('anna'))
      expect(anna.found).to.equal(true)
      expect(anna.near).to.deep.equal([])
      expect(
        anna.operators.map(({ uid, key, states }) => [
          uid,
          key,
          states.map(({ state, entry }) => [state.name, entry]),
        ]),
      ).to.deep.equal([
        [
          'op',
          'anna',
          [
            ['total', { kind: 'value', value: 10 }],
            ['seen', { kind: 'list', elements: ['x', 'y'] }],
          ],
        ],
      ])
      const number = await getKey(savepoint, asText('205'))
      expect(number.operators.map(({ uid, key }) => [uid, key])).to.deep.equal([
        ['op', '205'],
        ['stores', 205],
      ])
      expect(number.found).to.equal(true)
    }))

  it('suggests keys that are near, and only such', () =>
    withSavepoint(async savepoint => {
      expect((await getKey(savepoint, asText('ana'))).near).to.deep.equal(['anna'])
      expect((await getKey(savepoint, asText('carla'))).near).to.deep.equal(['Carla'])
      expect((await getKey(savepoint, asText('somebody else'))).near).to.deep.equal([])
      expect((await getKey(savepoint, asText('bert'))).near).to.deep.equal([]) // removed by the upper layer
      expect((await getKey(savepoint, asText('200'))).near).to.deep.equal([205, 100])
    }))

  it('hands on the refusal when the text can be a key of no operator', () =>
    withSavepoint(async savepoint => {
      const error = await failureOf(() =>
        getKey(savepoint, () => {
          throw invalid({ code: 'bad-key', thing: 'x' })
        }),
      )
      expect(error.code).to.equal('bad-key')
    }))

  it('measures edits', () => {
    expect(editDistance('kitten', 'sitting', 9)).to.equal(3)
    expect(editDistance('kitten', 'sitting', 2)).to.equal(2)
    expect(editDistance('', 'abc', 9)).to.equal(3)
    expect(editDistance('same', 'same', 9)).to.equal(0)
  })
})
