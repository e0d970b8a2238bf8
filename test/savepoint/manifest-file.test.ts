import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { HeadwaterError } from '../../src/errors.ts'
import { completeManifest, manifestText, parseManifest } from '../../src/savepoint/manifest-file.ts'
import type { ManifestDraft, ManifestOperator, SegmentInfo } from '../../src/savepoint/manifest.ts'
import { failureOf } from './failing.ts'
import { digestOf, sampleDraft } from './samples.ts'

const attempt = '0'.repeat(31) + '7'

const segment = (name: string, groups: [number, number], tombstones = 0): SegmentInfo => ({
  name,
  groups,
  rows: 3,
  tombstones,
  blocks: 1,
  bytes: 900,
  crc32: 1,
  index: { bytes: 80, crc32: 2 },
})

const operator = (segments: readonly SegmentInfo[][]): ManifestOperator => ({
  uid: 'spend',
  key: { fields: [{ name: 'customer', type: { kind: 'string' } }] },
  states: [
    { name: 'total', kind: 'value', type: { kind: 'float64' }, layers: segments.map(s => ({ segments: s })) },
  ],
})

const full = (): ManifestDraft =>
  sampleDraft({
    operators: [operator([[segment('a', [0, 2]), segment('b', [2, 4])], [segment('c', [1, 4], 2)]])],
  })

/** The text of a manifest whose members were changed, with the digest that fits again. */
function forged(change: (manifest: Record<string, unknown>) => void): string {
  const manifest = JSON.parse(manifestText(completeManifest(full(), 0, attempt))) as Record<string, unknown>
  change(manifest)
  delete manifest.manifestDigest
  return JSON.stringify({ ...manifest, manifestDigest: digestByHand(manifest) })
}

/** RFC 8785 by another way: a replacer that sorts members. */
function digestByHand(value: unknown): string {
  const sorted = JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
  return createHash('sha256').update(sorted).digest('hex')
}

// What JSON.parse gives, to be broken at any depth.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = Record<string, any>

describe('manifest file', () => {
  it('comes back as it was written, with a digest over the canonical JSON of the rest', () => {
    const manifest = completeManifest(full(), 0, attempt)
    expect(parseManifest(manifestText(manifest), 'manifest.json')).to.deep.equal(manifest)
    const { manifestDigest, ...rest } = manifest
    expect(manifestDigest).to.equal(digestByHand(rest))
    expect(manifest).to.deep.include(full())
  })

  it('does not depend on the order of members or on white space', () => {
    const manifest = completeManifest(full(), 3, attempt)
    const turned = Object.fromEntries(Object.entries(manifest).reverse())
    expect(parseManifest(JSON.stringify(turned), 'f')).to.deep.equal(manifest)
  })

  it('refuses a newer format and says both numbers', async () => {
    const text = forged(manifest => (manifest.formatVersion = 2))
    const error = await failureOf(() => parseManifest(text, 'old/manifest.json'))
    expect([error.kind, error.code, error.thing]).to.deep.equal(['data', 'newer-format', 'old/manifest.json'])
    expect(error.expected).to.contain('1')
    expect(error.found).to.contain('2')
  })

  const broken: [what: string, place: string, change: (m: Loose) => void][] = [
    ['a version that never was', '$.formatVersion', m => (m.formatVersion = 0)],
    ['a missing member', '$.clocks', m => delete m.clocks],
    ['a stranger', '$.owner', m => (m.owner = 'me')],
    [
      'a path that leads out',
      '$.operators[0].states[0].layers[0].segments[0].name',
      m => (seg(m).name = '../a'),
    ],
    [
      'an absolute path',
      '$.operators[0].states[0].layers[0].segments[0].name',
      m => (seg(m).name = '/etc/passwd'),
    ],
    ['a fractional count', '$.counts.sources[0].rows', m => (m.counts.sources[0].rows = 1.5)],
    [
      'a position beyond 2^53 − 1',
      '$.sources[0].partitions[0].next',
      m => (m.sources[0].partitions[0].next = 2 ** 53),
    ],
    [
      'a type that is none',
      '$.operators[0].states[0].type.kind',
      m => (m.operators[0].states[0].type.kind = 'int128'),
    ],
    [
      'a float key',
      '$.operators[0].key.fields[0].type',
      m => (m.operators[0].key.fields[0].type.kind = 'float64'),
    ],
    ['a reserved name', '$.operators[0].states[0].name', m => (m.operators[0].states[0].name = 'key_group')],
    [
      'a state named like a key field',
      '$.operators[0].states[0].name',
      m => (m.operators[0].states[0].name = 'customer'),
    ],
    ['a group beyond G', '$.operators[0].states[0].layers[0].segments[1].groups', m => (m.keyGroups = 3)],
    [
      'overlapping ranges',
      '$.operators[0].states[0].layers[0].segments[1].groups',
      m => (seg(m).groups = [0, 3]),
    ],
    [
      'tombstones in the base',
      '$.operators[0].states[0].layers[0].segments[0].tombstones',
      m => (seg(m).tombstones = 1),
    ],
    ['two segments of one name', 'segments', m => (seg(m).name = 'b')],
    ['two operators of one uid', '$.operators', m => m.operators.push({ ...m.operators[0], states: [] })],
    [
      'partitions out of order',
      '$.sources[0].partitions[1].partition',
      m => (m.sources[0].partitions[1].partition = 0),
    ],
    [
      'a hole past the next',
      '$.sources[0].partitions[0].history.holes[1]',
      m => (hist(m).holes[1] = [6, 10]),
    ],
    ['a last without a first', '$.sources[0].partitions[0].history.last', m => (hist(m).first = null)],
    ['history past the cut', '$.sources[0].partitions[0].history.last', m => (hist(m).last = 9)],
    ['timers', '$.timers[0]', m => m.timers.push({})],
    ['a lineage that is none', '$.transactions.lineage', m => (m.transactions = { ...place, lineage: 'ab' })],
    [
      'transactions of a savepoint of its own',
      '$.transactions',
      m => Object.assign(m, { number: 0, transactions: { ...place, lineage: '0'.repeat(32) } }),
    ],
    ['too many levels', '$', m => (m.plan = JSON.parse('['.repeat(2000) + ']'.repeat(2000)))],
  ]
  const place = { cluster: 'c', topic: 'pointers', topicId: 't' }
  const seg = (m: Loose) => m.operators[0].states[0].layers[0].segments[0]
  const hist = (m: Loose) => m.sources[0].partitions[0].history

  for (const [what, place, change] of broken) {
    it(`refuses ${what}, naming the place`, async () => {
      const error = await failureOf(() => parseManifest(forged(change), 'sp/manifest.json'))
      expect([error.kind, error.code]).to.deep.equal(['data', 'corrupt-manifest'])
      expect(error.thing).to.equal(`sp/manifest.json: ${place}`)
    })
  }

  it('notices any change by the digest', async () => {
    const text = manifestText(completeManifest(full(), 0, attempt)).replace('"late": 0', '"late": 1')
    const error = await failureOf(() => parseManifest(text, 'm'))
    expect([error.code, error.thing]).to.deep.equal(['corrupt-manifest', 'm: $.manifestDigest'])
  })

  it('never writes what it would not read', async () => {
    const draft = sampleDraft({ stateDigest: 'none' })
    const error = await failureOf(() => completeManifest(draft, 0, attempt))
    expect([error.kind, error.code]).to.deep.equal(['internal', 'bad-manifest'])
    const infinite = sampleDraft({ clocks: [{ stage: 's', clock: -Infinity }] })
    expect((await failureOf(() => completeManifest(infinite, 0, attempt))).kind).to.equal('internal')
  })

  it('keeps members named __proto__ as members', () => {
    const text = forged(manifest => (manifest.sinks = JSON.parse('{"__proto__": {"a": 1}}')))
    const { sinks } = parseManifest(text, 'm')
    expect(Object.keys(sinks)).to.deep.equal(['__proto__'])
    expect(Object.getPrototypeOf(sinks)).to.equal(Object.prototype)
  })

  it('gives an error of ours for any bytes, and for any value at any place', () => {
    const text = manifestText(completeManifest(full(), 0, attempt))
    const parsesOrFails = (changed: string) => {
      try {
        parseManifest(changed, 'm')
      } catch (error) {
        if (!(error instanceof HeadwaterError)) throw error
        expect(error.kind).to.equal('data')
      }
    }
    fc.assert(fc.property(fc.string(), parsesOrFails))
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(40), fc.string({ maxLength: 4 }), (at, cut, put) =>
        parsesOrFails(text.slice(0, at) + put + text.slice(at + cut)),
      ),
      { numRuns: 300 },
    )
    const places = pathsOf(JSON.parse(text))
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 }), (path, value) =>
        parsesOrFails(forged(manifest => replaceAt(manifest, path, value))),
      ),
      { numRuns: 1000 },
    )
  })

  it('has a digest that any change of a value changes', () => {
    const digests = new Set([completeManifest(full(), 0, attempt).manifestDigest])
    digests.add(completeManifest(full(), 1, attempt).manifestDigest)
    digests.add(completeManifest(full(), 0, '1'.repeat(32)).manifestDigest)
    digests.add(completeManifest({ ...full(), stateDigest: digestOf('6') }, 0, attempt).manifestDigest)
    expect(digests.size).to.equal(4)
  })
})

type Path = readonly (string | number)[]

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value)
  const below = keys.flatMap(key => pathsOf((value as Record<string, unknown>)[key], [...path, key]))
  return path.length === 0 ? below : [path, ...below]
}

function replaceAt(root: Record<string, unknown>, path: Path, value: unknown): void {
  const parent = path.slice(0, -1).reduce<Loose>((at, key) => at[key] as Loose, root)
  parent[path.at(-1)!] = value
}
