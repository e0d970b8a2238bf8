// What is whole in itself and wrong all the same is found.
import { readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ManifestState } from '../../src/savepoint/manifest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { digestOf, inTempFolder } from './samples.ts'
import { clear, forge, list, put, textOf, value, write } from './verified.ts'

describe('verify', () => {
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
})

function withSegment(state: ManifestState, changes: object, layer = 0): ManifestState {
  const layers = state.layers.map(({ segments }, i) => ({
    segments: segments.map(segment => (i === layer ? { ...segment, ...changes } : segment)),
  }))
  return { ...state, layers }
}
