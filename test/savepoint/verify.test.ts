import { open, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { rootDigest, stateDigest, stateHasher } from '../../src/savepoint/digest.ts'
import { Findings } from '../../src/savepoint/findings.ts'
import { foldLayers } from '../../src/savepoint/fold.ts'
import { completeManifest, manifestText, parseManifest } from '../../src/savepoint/manifest-file.ts'
import type { Manifest, ManifestDraft, ManifestState } from '../../src/savepoint/manifest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { SegmentFile } from '../../src/savepoint/segment-file.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { verifySegment } from '../../src/savepoint/verify-segment.ts'
import { indexPath, segmentPath } from '../../src/savepoint/write-folder.ts'
import { draftOf, writeLayers, type Change } from './model.ts'
import { countingClock, digestOf, inTempFolder, sampleDraft } from './samples.ts'

const list: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'seen', kind: 'list', type: { kind: 'optional', of: { kind: 'int32' } } },
}
const value: StateTable = { ...list, state: { name: 'total', kind: 'value', type: { kind: 'float64' } } }

const put = (key: string, values: unknown[], from = 0): Change => ({ key, clear: false, values, from })
const clear = (key: string, values: unknown[] = []): Change => ({ key, clear: true, values })

/** A savepoint of one table in a folder; keys are counted, the digest is right. */
async function write(
  folder: string,
  table: StateTable,
  layers: readonly (readonly Change[])[],
  keys: number,
  change: (state: ManifestState) => ManifestState = state => state,
  draft: Partial<ManifestDraft> = {},
): Promise<void> {
  const attempt = await prepareFolder(folder, countingClock())
  const state = change(await writeLayers(attempt, table, 4, layers))
  const counts = { sources: [], operators: [{ uid: 'op', keys }] }
  const plain = {
    ...draftOf(table, state, 4),
    history: [],
    parents: [],
    sinks: {},
    plan: null,
    counts,
    ...draft,
  }
  await attempt.commit(sampleDraft(plain))
}

/** Rewrites the manifest with another digest of the state or other members, so that it is whole in itself. */
async function forge(folder: string, changes: Partial<Manifest>): Promise<void> {
  const { manifest } = await openSavepoint(folder)
  await writeFile(
    join(folder, 'manifest.json'),
    manifestText(completeManifest({ ...manifest, ...changes }, 0, manifest.attempt)),
  )
}

const textOf = async (folder: string): Promise<string> =>
  (await verifySavepoint(folder)).findings
    .map(({ level, where, what }) => `${level} ${where}: ${what}`)
    .join('\n')

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

  const wrongs: [what: string, says: RegExp, make: (folder: string) => Promise<void>][] = [
    [
      'a wrong state digest',
      /stateDigest: expected [0-9a-f]{64}, found 777/,
      async folder => {
        await write(folder, value, [[put('a', [1])]], 1, undefined, { stateDigest: digestOf('7') })
      },
    ],
    [
      'a wrong count of keys',
      /op: expected 1 keys, found 2/,
      folder => write(folder, value, [[put('a', [1])]], 2),
    ],
    [
      'a wrong count of rows',
      /expected 3 rows/,
      folder => write(folder, value, [[put('a', [1])]], 1, state => withSegment(state, { rows: 3 })),
    ],
    [
      'a wrong count of tombstones',
      /expected 0 tombstones, found 1/,
      folder =>
        write(folder, value, [[put('a', [1]), put('b', [1])], [clear('b')]], 1, state =>
          withSegment(state, { tombstones: 0 }, 1),
        ),
    ],
    [
      'keys of other groups, by another G',
      /belongs to group/,
      async folder => {
        await write(folder, value, [[put('a', [1]), put('b', [1])]], 2)
        await forge(folder, { keyGroups: 5 })
      },
    ],
    [
      'a range of groups that the rows leave',
      /is outside of/,
      folder =>
        write(folder, value, [[put('a', [1]), put('b', [1])]], 2, state => {
          const [first, end] = state.layers[0]!.segments[0]!.groups
          return withSegment(state, { groups: first > 0 ? [0, 1] : [end - 1, end] })
        }),
    ],
    [
      'a list with a gap',
      /list-gap|expected element 0/,
      folder => write(folder, list, [[put('a', [1], 1)]], 1),
    ],
    [
      'a gap between layers',
      /list-gap/,
      folder => write(folder, list, [[put('a', [1])], [put('a', [1], 2)]], 1),
    ],
    [
      'values of another type',
      /corrupt-block|expected/,
      async folder => {
        await write(
          folder,
          { ...value, state: { ...value.state, type: { kind: 'int32' } } },
          [[put('a', [1])]],
          1,
        )
        const { manifest } = await openSavepoint(folder)
        const [operator] = manifest.operators
        const states = operator!.states.map(state => ({ ...state, type: { kind: 'float64' as const } }))
        await forge(folder, { operators: [{ ...operator!, states }] })
      },
    ],
    [
      'enum values that are none',
      /expected enum/,
      async folder => {
        await write(
          folder,
          { ...value, state: { ...value.state, type: { kind: 'string' } } },
          [[put('a', ['x'])]],
          1,
        )
        const { manifest } = await openSavepoint(folder)
        const [operator] = manifest.operators
        const states = operator!.states.map(state => ({
          ...state,
          type: { kind: 'enum' as const, values: ['y'] },
        }))
        await forge(folder, { operators: [{ ...operator!, states }] })
      },
    ],
    [
      'a file that nobody names',
      /warning .*stray.*: no manifest names it/,
      async folder => {
        await write(folder, value, [[put('a', [1])]], 1)
        await writeFile(join(folder, 'segments', 'stray'), '')
      },
    ],
    [
      'a link instead of a segment',
      /missing-segment/,
      async folder => {
        await write(folder, value, [[put('a', [1])]], 1)
        const segments = join(folder, 'segments')
        const name = (await readdir(segments)).find(file => file.endsWith('.arrow'))!
        await rename(join(segments, name), join(folder, 'elsewhere'))
        await symlink(join(folder, 'elsewhere'), join(segments, name))
      },
    ],
    [
      'another text of the same manifest',
      /error .*not in the same bytes/,
      async folder => {
        await write(folder, value, [[put('a', [1])]], 1)
        const path = join(folder, 'manifest.json')
        await writeFile(path, JSON.stringify(JSON.parse(await readFile(path, 'utf8'))))
      },
    ],
  ]
  for (const [what, says, make] of wrongs) {
    it(`finds ${what}`, () =>
      inTempFolder(async folder => {
        await make(folder)
        expect(await textOf(folder)).to.match(says)
      }))
  }

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

function withSegment(state: ManifestState, changes: object, layer = 0): ManifestState {
  const layers = state.layers.map(({ segments }, i) => ({
    segments: segments.map(segment => (i === layer ? { ...segment, ...changes } : segment)),
  }))
  return { ...state, layers }
}
