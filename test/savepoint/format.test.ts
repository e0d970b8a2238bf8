/** FORMAT.md, held to: a reader written from that page alone, with apache-arrow for the Arrow files. */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'
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

const golden = fileURLToPath(new URL('../../fixtures/savepoints/v1', import.meta.url))

// JSON and Arrow values as they come; this reader knows no types of the library.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any

const sha = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function canonical(value: Loose): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = Object.keys(value as object).sort()
  return `{${names.map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

/** Section 4: a cell from its buffers, since apache-arrow's own values round times. Whole numbers of 64 bits and times: bigint. */
function cell(data: Loose, row: number, type: Loose): Loose {
  if (data.nullCount > 0 && !((data.nullBitmap[row >> 3] >> (row & 7)) & 1)) return null
  const range = (child: Loose, of: Loose): Loose[] => {
    const [start, end] = [data.valueOffsets[row] as number, data.valueOffsets[row + 1] as number]
    return Array.from({ length: end - start }, (_, i) => cell(child, start + i, of))
  }
  switch (type.kind) {
    case 'optional':
      return cell(data, row, type.of)
    case 'bool':
      return Boolean((data.values[row >> 3] >> (row & 7)) & 1)
    case 'string':
    case 'enum':
    case 'bytes': {
      const bytes = Buffer.from(data.values.slice(data.valueOffsets[row], data.valueOffsets[row + 1]))
      return type.kind === 'bytes' ? bytes : bytes.toString()
    }
    case 'decimal':
      return Buffer.from(Uint32Array.from(data.values.subarray(row * 4, row * 4 + 4) as Uint32Array).buffer)
    case 'struct':
      return Object.fromEntries(
        type.fields.map((field: Loose, i: number) => [field.name, cell(data.children[i], row, field.type)]),
      )
    case 'list':
      return range(data.children[0], type.of)
    case 'map': {
      const [keys, values] = data.children[0].children
      const items = range(values, type.value)
      return range(keys, type.key).map((key, i) => [key, items[i]])
    }
    case 'date':
    case 'timestamp':
    case 'int64':
    case 'safeInt64':
      return BigInt(data.values[row] as number)
    default:
      return data.values[row]
  }
}

function cells(column: Loose, type: Loose): Loose[] {
  return column.data.flatMap((data: Loose) =>
    Array.from({ length: data.length as number }, (_, row) => cell(data, row, type)),
  )
}

/** Section 3. */
function keyBytes(part: Loose, type: Loose): Buffer {
  if (typeof part === 'string') return Buffer.from(part)
  return int64(BigInt(part as number) * (type.kind === 'timestamp' && type.unit === 'ms' ? 1000n : 1n))
}

/** Section 5: layers folded, `{group, key, parts}` by key, of which parts are values by index or key of an entry, or by 0. */
function fold(root: string, operator: Loose, state: Loose): Loose[] {
  const keys = new Map<string, Loose>()
  for (const [layer, { segments }] of state.layers.entries()) {
    for (const segment of segments) {
      const file = readFileSync(`${root}/segments/${segment.name}.arrow`)
      expect([file.length, crc32(file)]).to.deep.equal([segment.bytes, segment.crc32])
      checkIndex(root, segment, file)
      const table = tableFromIPC(file)
      expect(table.numRows).to.equal(segment.rows)
      const column = (name: string, type: Loose): Loose[] => cells(table.getChild(name), type)
      const groups = column('key_group', { kind: 'uint16' })
      const parts = operator.key.fields.map((field: Loose) => column(field.name as string, field.type))
      const { kind, type } = state
      const values = column(state.name as string, kind === 'map' ? type.value : type)
      const places =
        kind === 'list'
          ? column('index', { kind: 'int32' })
          : kind === 'map'
            ? column('map_key', type.key)
            : null
      const deleted = layer > 0 ? column('deleted', { kind: 'bool' }) : null
      for (const [row, group] of groups.entries()) {
        const key = parts.map((part: Loose) => part[row])
        const name = canonical(key.map(String))
        const entry = keys.get(name) ?? { group, key, parts: new Map<Loose, Loose>() }
        const part = places === null ? 0 : places[row]
        if (deleted?.[row] && places !== null && part !== null) entry.parts.delete(part)
        else if (deleted?.[row]) entry.parts.clear()
        else entry.parts.set(part, values[row])
        keys.set(name, entry)
      }
    }
  }
  return [...keys.values()].filter(({ parts }) => parts.size > 0)
}

/** Section 6. */
function checkIndex(root: string, segment: Loose, file: Buffer): void {
  const text = readFileSync(`${root}/segments/${segment.name}.index.json`)
  expect([text.length, crc32(text)]).to.deep.equal([segment.index.bytes, segment.index.crc32])
  const { blocks } = JSON.parse(text.toString()) as { blocks: [number, number, number, number, number][] }
  expect(blocks.length).to.equal(segment.blocks)
  for (const [offset, metadataBytes, bodyBytes, , crc] of blocks) {
    expect(crc32(file.subarray(offset, offset + metadataBytes + bodyBytes))).to.equal(crc)
  }
}

/** Section 3's order. */
function compareParts(a: Loose, b: Loose): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return a < b ? -1 : a > b ? 1 : 0
}

function compareKeys(a: Loose, b: Loose): number {
  const orders = a.key.map((part: Loose, i: number) => compareParts(part, b.key[i]))
  return a.group - b.group || orders.find((order: number) => order !== 0) || 0
}

/** Section 8, a group's hash. */
function groupHash(operator: Loose, state: Loose, entries: readonly Loose[]): string {
  const rows = entries.flatMap(({ key, parts }) =>
    [...parts].sort(([a], [b]) => compareParts(a, b)).map(([part, value]) => ({ key, part, value })),
  )
  const streams: Buffer[] = operator.key.fields.flatMap(({ type }: Loose, i: number) =>
    keyStreams(
      type,
      rows.map(({ key }) => key[i]),
    ),
  )
  const places = rows.map(({ part }) => part)
  if (state.kind === 'list') streams.push(sha(...places.map(part => int32(part as number))))
  if (state.kind === 'map') streams.push(...keyStreams(state.type.key, places))
  const values = rows.map(({ value }) => value)
  streams.push(...valueStreams(state.kind === 'map' ? state.type.value : state.type, values))
  return sha(int64(BigInt(rows.length)), ...streams).toString('hex')
}

/** Point 1. */
function keyStreams(type: Loose, parts: readonly Loose[]): Buffer[] {
  const bytes = parts.map(part => keyBytes(part, type))
  const isText = type.kind === 'string' || type.kind === 'enum'
  return [...(isText ? [sha(...bytes.map(({ length }) => int32(length)))] : []), sha(...bytes)]
}

/** Points 3 and 4. */
function valueStreams(type: Loose, values: readonly Loose[]): Buffer[] {
  const counts = (): Buffer => sha(...values.map(value => int32((value?.length ?? 0) as number)))
  const flat = (): Loose[] => values.flatMap(value => value ?? [])
  switch (type.kind) {
    case 'optional':
      return [
        sha(...values.map(value => Uint8Array.of(value === null ? 0 : 1))),
        ...valueStreams(type.of, values),
      ]
    case 'string':
    case 'enum':
    case 'bytes': {
      const bytes = values.map(value => Buffer.from((value ?? '') as string))
      return [sha(...bytes.map(({ length }) => int32(length))), sha(...bytes)]
    }
    case 'struct':
      return type.fields.flatMap((field: Loose) =>
        valueStreams(
          field.type,
          values.map(value => (value === null ? null : value[field.name])),
        ),
      )
    case 'list':
      return [counts(), ...valueStreams(type.of, flat())]
    case 'map': {
      const entries = flat()
      const [keys, items] = [0, 1].map(i => entries.map(entry => entry[i]))
      return [counts(), ...valueStreams(type.key, keys!), ...valueStreams(type.value, items!)]
    }
    case 'decimal':
      return [sha(...values.map(value => (value ?? Buffer.alloc(16)) as Buffer))]
    default:
      return [sha(...values.map(value => fixedBytes(type.kind as string, value ?? 0)))]
  }
}

function fixedBytes(kind: string, value: Loose): Uint8Array {
  switch (kind) {
    case 'bool':
      return Uint8Array.of(value ? 1 : 0)
    case 'int8':
      return new Uint8Array(Int8Array.of(value as number).buffer)
    case 'int16':
      return new Uint8Array(Int16Array.of(value as number).buffer)
    case 'int32':
    case 'date':
      return int32(Number(value))
    case 'float32':
      return Number.isNaN(value)
        ? Uint8Array.of(0, 0, 0xc0, 0x7f)
        : new Uint8Array(Float32Array.of(value as number).buffer)
    case 'float64':
      return Number.isNaN(value)
        ? Uint8Array.of(0, 0, 0, 0, 0, 0, 0xf8, 0x7f)
        : new Uint8Array(Float64Array.of(value as number).buffer)
    default:
      return int64(BigInt(value as bigint))
  }
}

/** Reads a savepoint, of which `path` is the manifest below `root`, by FORMAT.md and computes its state digest. */
function digestByFormat(root: string, path = 'manifest.json'): string {
  const { manifestDigest, ...manifest } = JSON.parse(readFileSync(`${root}/${path}`, 'utf8'))
  expect(sha(canonical(manifest)).toString('hex')).to.equal(manifestDigest)
  const entries: Loose[] = []
  for (const operator of manifest.operators) {
    for (const state of operator.states) {
      const folded = fold(root, operator, state).sort(compareKeys)
      for (const group of new Set<number>(folded.map((entry: Loose) => entry.group as number))) {
        const hash = groupHash(
          operator,
          state,
          folded.filter((entry: Loose) => entry.group === group),
        )
        entries.push([operator.uid, state.name, state.kind, state.type, group, hash])
      }
    }
  }
  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  entries.sort(
    (a, b) => byText(a[0] as string, b[0] as string) || byText(a[1] as string, b[1] as string) || a[4] - b[4],
  )
  const sources = manifest.sources.map(({ name, runningMax, partitions }: Loose) => [
    name,
    runningMax,
    partitions
      .filter((each: Loose) => each.next > 0 || each.runningMax !== null)
      .map((each: Loose) => [each.partition, each.next, each.runningMax]),
  ])
  const clocks = manifest.clocks
    .filter((each: Loose) => each.clock !== null)
    .map((each: Loose) => [each.stage, each.clock])
  const { keyGroups, timeUnit } = manifest
  const root8 = { format: 'headwater state digest 1', keyGroups, timeUnit, entries, sources, clocks }
  return sha(canonical(root8)).toString('hex')
}

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
