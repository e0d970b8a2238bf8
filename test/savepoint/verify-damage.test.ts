// What is damaged is found: bytes that changed, files that were cut.
import { open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { Findings } from '../../src/savepoint/findings.ts'
import { manifestText, parseManifest } from '../../src/savepoint/manifest-file.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { SegmentFile } from '../../src/savepoint/segment-file.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { verifySegment } from '../../src/savepoint/verify-segment.ts'
import { indexPath, segmentPath } from '../../src/savepoint/write-folder.ts'
import { draftOf, writeLayers } from './model.ts'
import { countingClock, inTempFolder, sampleDraft } from './samples.ts'
import { forge, put, textOf, value, write } from './verified.ts'

describe('verify', () => {
  it('finds every changed byte of a manifest', () =>
    inTempFolder(async folder => {
      await write(folder, value, [[put('a', [1])]], 1)
      const bytes = await readFile(join(folder, 'manifest.json'))
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes)
        changed[at]! ^= 1 << (at % 8)
        expect(isAsWritten(changed.toString()), `byte ${at}`).to.equal(false)
      }
      expect(isAsWritten(bytes.toString())).to.equal(true)
    }))

  it('finds every changed byte of a segment and of its index', () =>
    inTempFolder(async folder => {
      await write(folder, value, [[put('a', [1]), put('b', [2])]], 2)
      const info = (await openSavepoint(folder)).manifest.operators[0]!.states[0]!.layers[0]!.segments[0]!
      const errors = async (): Promise<number> => {
        const findings = new Findings()
        const segment = new SegmentFile(folder, info, value, 'base')
        await verifySegment(segment, { table: value, layer: 'base', keyGroups: 4, findings })
        await segment.close()
        return findings.errors
      }
      await eachByte(segmentPath(folder, info.name), 1, async at =>
        expect(await errors(), `byte ${at}`).to.be.above(0),
      )
      await eachByte(indexPath(folder, info.name), 1, async at =>
        expect(await errors(), `byte ${at}`).to.be.above(0),
      )
      expect(await errors()).to.equal(0)
    }))

  it('finds a changed byte in any file of a savepoint', () =>
    inTempFolder(async folder => {
      await write(folder, value, [[put('a', [1])], [put('b', [2])]], 2)
      const segments = await readdir(join(folder, 'segments'))
      const files = ['manifest.json', ...segments.map(name => `segments/${name}`)]
      expect(files.length).to.equal(5)
      for (const file of files) {
        await eachByte(join(folder, file), 199, async at => {
          expect((await verifySavepoint(folder)).findings, `${file}, byte ${at}`).not.to.be.empty
        })
      }
      expect(await textOf(folder)).to.equal('')
    }))

  it('finds a changed byte in any file by the sums alone', () =>
    inTempFolder(async folder => {
      await write(folder, value, [[put('a', [1])], [put('b', [2])]], 2)
      const sums = () => verifySavepoint(folder, { sumsOnly: true })
      const segments = await readdir(join(folder, 'segments'))
      for (const file of ['manifest.json', ...segments.map(name => `segments/${name}`)]) {
        await eachByte(join(folder, file), 67, async at => {
          expect((await sums()).sound, `${file}, byte ${at}`).to.equal(false)
        })
      }
      const right = { checked: 'sums', sound: true, findings: [], rows: 2, keys: [], stateDigest: null }
      expect(await sums()).to.deep.include(right)
    }))

  it('does not go by more than the sums, when it is told so', () =>
    inTempFolder(async folder => {
      await write(folder, value, [[put('a', [1]), put('b', [1])]], 2)
      await forge(folder, { keyGroups: 5 })
      expect((await verifySavepoint(folder, { sumsOnly: true })).sound).to.equal(true)
      expect((await verifySavepoint(folder)).sound).to.equal(false)
    }))

  it('finds every truncation', () =>
    inTempFolder(async folder => {
      await write(folder, value, [[put('a', [1]), put('b', [2])]], 2)
      for (const name of await readdir(join(folder, 'segments'))) {
        const path = join(folder, 'segments', name)
        const bytes = await readFile(path)
        for (let length = 0; length < bytes.length; length += 61) {
          await truncate(path, length)
          const report = await verifySavepoint(folder)
          expect(report.sound, `${name} cut to ${length}`).to.equal(false)
          const sums = await verifySavepoint(folder, { sumsOnly: true })
          expect(sums.sound, `sums of ${name} cut to ${length}`).to.equal(false)
          await writeFile(path, bytes)
        }
      }
    }))

  it('reports all damage at once', () =>
    inTempFolder(async folder => {
      const attempt = await prepareFolder(folder, countingClock())
      const options = { blockBytes: 1 }
      const state = await writeLayers(
        attempt,
        value,
        4,
        [[put('a', [1]), put('b', [2]), put('c', [3])]],
        options,
      )
      await attempt.commit(sampleDraft(draftOf(value, state, 4)))
      const { name } = state.layers[0]!.segments[0]!
      const path = join(folder, 'segments', `${name}.arrow`)
      const bytes = await readFile(path)
      const blocks = [...bytes.toString('latin1').matchAll(/\xff\xff\xff\xff/g)].map(({ index }) => index)
      bytes[blocks[1]! + 40]! ^= 1 // the first message is the schema
      bytes[blocks[3]! + 40]! ^= 1
      await writeFile(path, bytes)
      await rm(join(folder, 'segments', `${name}.arrow`))
      expect(await textOf(folder)).to.match(/missing-segment|no-such-file/)
      await writeFile(path, bytes)
      const text = await textOf(folder)
      expect(text.match(/corrupt-segment/g)?.length).to.equal(2)
      expect(text).to.contain('expected crc32')
    }))
})

/** Changes one byte after another, `step` apart, one at a time. */
async function eachByte(path: string, step: number, check: (at: number) => Promise<unknown>): Promise<void> {
  const bytes = await readFile(path)
  const file = await open(path, 'r+')
  for (let at = 0; at < bytes.length; at += step) {
    await file.write(Uint8Array.of(bytes[at]! ^ (1 << (at % 8))), 0, 1, at)
    await check(at)
    await file.write(bytes, at, 1, at)
  }
  await file.close()
}

function isAsWritten(text: string): boolean {
  try {
    return manifestText(parseManifest(text, 'm')) === text
  } catch {
    return false
  }
}
