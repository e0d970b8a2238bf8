/** FORMAT.md, held to: a reader written from that page alone (format-digest.ts). */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { jsonLines } from '../../src/codec/json-lines.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { namedColumns } from '../../src/savepoint/named-columns.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import { statesOf } from '../../src/repair/read-states.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { goldenLayers, goldenStates, writeGolden } from './golden.ts'
import { failureOf } from './failing.ts'
import { contentsOf } from './layered.ts'
import { collect } from './model.ts'
import { inTempFolder } from './samples.ts'
import { digestByFormat } from './format-digest.ts'

const golden = fileURLToPath(new URL('../../fixtures/savepoints/v1', import.meta.url))

describe('the savepoint format', () => {
  it('can be read from FORMAT.md alone, to the same state digest', () =>
    inTempFolder(async root => {
      await writeGolden(root)
      expect(digestByFormat(root)).to.equal(await stateDigest(await openSavepoint(root)))
    }))

  for (const [name, states, manifest] of [
    ['flat', goldenStates, 'manifest.json'],
    ['layers', goldenLayers, 'manifest.json'],
    ['store', goldenLayers, 'manifests/00000003.json'],
  ] as const) {
    it(`version 1 opens for ever: ${name} has its contents, its rows as Python read them, and its digest`, async () => {
      const folder = `${golden}/${name}`
      const savepoint = await openSavepoint(folder)
      const found: string[] = []
      for (const { operator, state } of statesOf(savepoint.manifest)) {
        const model = states.find(
          ({ table }) => table.uid === operator.uid && table.state.name === state.name,
        )!
        const expected = contentsOf(model).sorted(16)
        const place = `${operator.uid}/${state.name}`
        expect(
          await collect(model.table, scanState(savepoint, operator.uid, state.name)),
          place,
        ).to.deep.equal(expected)
        found.push(`${JSON.stringify([operator.uid, state.name]).replace(',', ', ')}\n`)
        for await (const rows of scanState(savepoint, operator.uid, state.name)) {
          const [, ...columns] = namedColumns(model.table, rows)
          found.push(Buffer.from(jsonLines(columns, 0, rows.length)).toString())
        }
      }
      expect(savepoint.manifest.operators.flatMap(each => each.states)).to.have.length(states.length)
      expect(found.join('')).to.equal(readFileSync(`${folder}.ndjson`, 'utf8'))
      const report = await verifySavepoint(folder)
      expect(report.findings).to.deep.equal([])
      expect(report.stateDigest).to.equal(readFileSync(`${folder}.state-digest`, 'utf8').trim())
      expect(digestByFormat(folder, manifest)).to.equal(report.stateDigest)
    })
  }

  it('a newer version is refused, and both are named', () =>
    inTempFolder(async root => {
      const manifest = JSON.parse(readFileSync(`${golden}/flat/manifest.json`, 'utf8'))
      for (const newer of [
        { ...manifest, formatVersion: 7 },
        { formatVersion: 2, all: 'else is unknown' },
      ]) {
        writeFileSync(`${root}/manifest.json`, JSON.stringify(newer))
        const error = await failureOf(() => openSavepoint(root))
        expect(error).to.deep.include({ kind: 'data', code: 'newer-format' })
        expect(error.message).to.match(new RegExp(`format 1 or older.*format ${newer.formatVersion}`))
        const [finding] = (await verifySavepoint(root)).findings
        expect(finding!.what).to.match(new RegExp(`format 1 or older.*format ${newer.formatVersion}`))
      }
    }))
})
