import { expect } from 'chai'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { edit } from '../../src/repair/edit.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import { openStateReader } from '../../src/savepoint/state-reader.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { keyCodec } from '../../src/record/key.ts'
import { source } from '../../src/source/declare.ts'
import { map, value } from '../../src/state/state.ts'
import { begin, newest, runToEnd, worldLog } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'
import { expectSound, options } from './repairs.ts'

const schema = { customer: t.string(), shop: t.string() }

const visits = job('visits')
  .from(source('visits', { schema }))
  .keyBy('customer')
  .apply('visits', {
    state: {
      shops: map(t.string(), t.int32()),
      last: value(t.struct({ shop: t.string(), count: t.int32() })),
    },
    onRecord({ shop }, { shops, last }) {
      const count = (shops.get(shop) ?? 0) + 1
      shops.set(shop, count)
      last.set({ shop, count })
    },
  })

describe('repairs of map state and structs', () => {
  const folders = tempFolders()

  async function world() {
    const folder = folders()
    const log = await worldLog(folder, 'visits', schema, 1)
    await begin(visits, folder)
    const records = ['ann a', 'ann b', 'bob c', 'ann a', 'bob a', 'cy z', 'ann d'].map(text => {
      const [customer, shop] = text.split(' ')
      return { customer, shop }
    })
    await log.append(0, ...records)
    await runToEnd(visits, folder, {
      from: join(folder, 'savepoint'),
      maxBatchRecords: 2,
      checkpointEveryMs: 0,
    })
    return { folder, savepoint: await newest(folder) }
  }

  async function stateOf(savepoint: Savepoint, state: string, ...keys: readonly string[]) {
    const { key: schemaOfKey } = savepoint.manifest.operators[0]!
    const { keyGroups } = savepoint.manifest
    const reader = openStateReader(savepoint, 'visits', state)
    const asked = keys.map(key => ({ key, group: keyCodec(schemaOfKey).group(key, keyGroups) }))
    const found = await reader.fetch(asked)
    await reader.close()
    return found
  }

  it('sets, patches and deletes them', async () => {
    const { folder, savepoint } = await world()
    const at = { uid: 'visits', state: 'shops' }
    const edits = [
      { ...at, key: 'ann', set: { z: 9, a: 1 }, expect: { a: 2, b: 1, d: 1 } },
      { ...at, key: 'bob', delete: true } as const,
      { ...at, key: 'eve', set: { q: 1 }, expectAbsent: true } as const,
      { uid: 'visits', state: 'last', key: 'ann', patch: { count: 7 } },
    ]
    const { savepoint: made } = await edit(savepoint, edits, options(folder, 'edited'))
    const edited = await expectSound(made)
    expect(await stateOf(edited, 'shops', 'ann', 'bob', 'cy', 'eve')).to.deep.equal([
      {
        kind: 'map',
        entries: new Map([
          ['a', 1],
          ['z', 9],
        ]),
      },
      { kind: 'absent' },
      { kind: 'map', entries: new Map([['z', 1]]) },
      { kind: 'map', entries: new Map([['q', 1]]) },
    ])
    expect(await stateOf(edited, 'last', 'ann')).to.deep.equal([
      { kind: 'value', value: { shop: 'd', count: 7 } },
    ])
    expect(edited.manifest.audit?.[0]?.states[0]?.before).to.deep.equal({ keys: 3, entries: 6 })
  })

  it('patches entries of a map, by an object or by pairs', async () => {
    const { folder, savepoint } = await world()
    const at = { uid: 'visits', state: 'shops' }
    const edits = [
      { ...at, key: 'ann', patch: { b: null, z: 9 } },
      { ...at, key: 'cy', patch: [['z', null]] },
      { ...at, key: 'eve', patch: [['q', 1]] },
    ]
    const { savepoint: made } = await edit(savepoint, edits, options(folder, 'patched'))
    expect(await stateOf(await expectSound(made), 'shops', 'ann', 'cy', 'eve')).to.deep.equal([
      {
        kind: 'map',
        entries: new Map([
          ['a', 2],
          ['d', 1],
          ['z', 9],
        ]),
      },
      { kind: 'absent' },
      { kind: 'map', entries: new Map([['q', 1]]) },
    ])
  })

  it('maps and regroups them', async () => {
    const { folder, savepoint } = await world()
    const { savepoint: made } = await rewrite(savepoint, {
      ...options(folder, 'mapped'),
      of: ['visits/shops'],
      map: ({ value: shops }) =>
        new Map([...(shops as Map<string, number>)].map(([shop, n]) => [shop, n + 1])),
      keyGroups: 5,
    })
    expect(await stateOf(await expectSound(made), 'shops', 'ann')).to.deep.equal([
      {
        kind: 'map',
        entries: new Map([
          ['a', 3],
          ['b', 2],
          ['d', 2],
        ]),
      },
    ])
  })
})
