import { join } from 'node:path'
import { expect } from 'chai'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { rootDigest, stateDigest, stateHasher } from '../../src/savepoint/digest.ts'
import { foldLayers } from '../../src/savepoint/fold.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { writeLayers, type Change } from './model.ts'
import { countingClock, inTempFolder, sampleDraft } from './samples.ts'
import { clear, forge, list, put, value, write } from './verified.ts'

describe('verify', () => {
  it('counts, and computes the digest of a sound savepoint', () =>
    inTempFolder(async folder => {
      await write(
        folder,
        list,
        [
          [put('a', [1, null]), put('b', [3])],
          [clear('b'), put('c', [7])],
        ],
        2,
      )
      await forge(folder, { stateDigest: await stateDigest(await openSavepoint(folder)) })
      const report = await verifySavepoint(folder)
      expect(report.findings).to.deep.equal([])
      expect(report).to.deep.include({ sound: true, segments: 2, rows: 5, keys: [{ uid: 'op', keys: 2 }] })
      expect(report.stateDigest).to.equal(report.manifest?.stateDigest)
    }))

  it('counts keys once over all states of an operator', () =>
    inTempFolder(async folder => {
      const attempt = await prepareFolder(folder, countingClock())
      const lists = await writeLayers(attempt, list, 4, [[put('a', [1, 2]), put('b', [3])]])
      const values = await writeLayers(attempt, value, 4, [[put('b', [1]), put('c', [2]), put('d', [2])]])
      const operators = [{ uid: 'op', key: list.key, states: [lists, values] }]
      await attempt.commit(
        sampleDraft({ operators, stateDigest: null, counts: { sources: [], operators: [] } }),
      )
      expect((await verifySavepoint(folder)).keys).to.deep.equal([{ uid: 'op', keys: 4 }])
    }))

  it('counts keys over states of which each has some, in many blocks', () =>
    inTempFolder(async folder => {
      const attempt = await prepareFolder(folder, countingClock())
      const some = (each: number): Change[] =>
        Array.from({ length: 300 }, (_, i) => i).flatMap(i => (i % each === 0 ? [put(`k${i}`, [i])] : []))
      const tables = [1, 2, 3].map(n => ({ ...value, state: { ...value.state, name: `s${n}` } }))
      const states = []
      for (const [i, table] of tables.entries())
        states.push(await writeLayers(attempt, table, 4, [some([2, 3, 7][i]!)], { blockBytes: 64 }))
      const operators = [{ uid: 'op', key: value.key, states }]
      await attempt.commit(
        sampleDraft({ operators, stateDigest: null, counts: { sources: [], operators: [] } }),
      )
      const kept = Array.from({ length: 300 }, (_, i) => i).filter(
        i => i % 2 === 0 || i % 3 === 0 || i % 7 === 0,
      )
      expect((await verifySavepoint(folder)).keys).to.deep.equal([{ uid: 'op', keys: kept.length }])
    }))
  it('agrees with the digest that a fold hands out', () =>
    inTempFolder(async root => {
      await write(join(root, 'a'), list, [[put('a', [1])], [put('a', [2], 1), put('b', [null])]], 2)
      const savepoint = await openSavepoint(join(root, 'a'))
      const folder = await prepareFolder(join(root, 'b'), countingClock())
      const { keyGroups, operators } = savepoint.manifest
      const { layers } = operators[0]!.states[0]!
      const hasher = stateHasher(list)
      await foldLayers({ folder, source: savepoint.folder, table: list, layers, keyGroups, hasher })
      expect(rootDigest([hasher.finish()], savepoint.manifest)).to.equal(
        (await verifySavepoint(join(root, 'a'))).stateDigest,
      )
    }))
})
