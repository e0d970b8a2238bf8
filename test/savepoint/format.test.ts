/** FORMAT.md, held to: a reader written from that page alone, with apache-arrow for the Arrow files. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'
import { expect } from 'chai'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { goldenContents, goldenKeyGroups, goldenStates, writeGolden } from './golden.ts'
import { collect } from './model.ts'
import { inTempFolder } from './samples.ts'

const golden = fileURLToPath(new URL('../../fixtures/savepoints/version-1', import.meta.url))

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

/** The whole number of a date or timestamp as it is stored; apache-arrow gives milliseconds, so buffers are read. */
function cells(column: Loose, type: Loose): Loose[] {
  const kind = type.kind === 'optional' ? type.of.kind : type.kind
  const raw = ['date', 'timestamp', 'int64', 'safeInt64'].includes(kind as string)
  return column.data.flatMap((data: Loose) =>
    Array.from({ length: data.length as number }, (_, row) => {
      const isNull =
        data.nullCount > 0 && !((data.nullBitmap[(data.offset + row) >> 3] >> ((data.offset + row) & 7)) & 1)
      if (isNull) return null
      return raw ? BigInt(data.values[row] as number) : column.get(row)
    }),
  )
}

/** Section 3. */
function keyBytes(part: Loose, type: Loose): Buffer {
  if (typeof part === 'string') return Buffer.from(part)
  return int64(BigInt(part) * (type.kind === 'timestamp' && type.unit === 'ms' ? 1000n : 1n))
}

/** Section 5: rows of all layers folded, `{group, key, index, value}` in the order of their first layer's rows. */
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
      const values = column(state.name as string, state.type)
      const indexes = state.kind === 'list' ? column('index', { kind: 'int32' }) : null
      const deleted = layer > 0 ? column('deleted', { kind: 'bool' }) : null
      for (const [row, group] of groups.entries()) {
        const key = parts.map((part: Loose) => part[row])
        const name = canonical(key.map(String))
        const entry = keys.get(name) ?? { group, key, values: [] }
        if (deleted?.[row] || (indexes === null && entry.values.length > 0)) entry.values = []
        if (!deleted?.[row]) entry.values[indexes?.[row] ?? 0] = values[row]
        keys.set(name, entry)
      }
    }
  }
  return [...keys.values()].filter(({ values }) => values.length > 0)
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

/** Section 3's order of keys. */
function compareKeys(a: Loose, b: Loose): number {
  if (a.group !== b.group) return a.group - b.group
  for (const [i, part] of a.key.entries()) {
    const other = b.key[i]
    const order =
      typeof part === 'string'
        ? Buffer.compare(Buffer.from(part), Buffer.from(other as string))
        : part < other
          ? -1
          : part > other
            ? 1
            : 0
    if (order !== 0) return order
  }
  return 0
}

/** Section 8, a group's hash. */
function groupHash(operator: Loose, state: Loose, entries: readonly Loose[]): string {
  const rows = entries.flatMap(({ key, values }) =>
    values.map((value: Loose, index: number) => ({ key, value, index })),
  )
  const streams: Buffer[] = []
  const stream = (make: (row: Loose) => Uint8Array): void => void streams.push(sha(...rows.map(make)))
  for (const [i, { type }] of operator.key.fields.entries()) {
    const isText = type.kind === 'string' || type.kind === 'enum'
    if (isText) stream(({ key }) => int32(Buffer.byteLength(key[i] as string)))
    stream(({ key }) => keyBytes(key[i], type))
  }
  if (state.kind === 'list') stream(({ index }) => int32(index as number))
  const optional = state.type.kind === 'optional'
  const { kind } = optional ? state.type.of : state.type
  if (optional) stream(({ value }) => Uint8Array.of(value === null ? 0 : 1))
  if (['string', 'enum', 'bytes'].includes(kind as string)) {
    stream(({ value }) => int32(Buffer.from((value ?? '') as string).length))
    stream(({ value }) => Buffer.from((value ?? '') as string))
  } else stream(({ value }) => fixedBytes(kind as string, value ?? 0))
  return sha(int64(BigInt(rows.length)), ...streams).toString('hex')
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

/** Reads a savepoint folder by FORMAT.md and computes its state digest. */
function digestByFormat(root: string): string {
  const { manifestDigest, ...manifest } = JSON.parse(readFileSync(`${root}/manifest.json`, 'utf8'))
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

  it('version 1 opens for ever: the golden savepoint has its contents and its digest', async () => {
    const savepoint = await openSavepoint(golden)
    for (const state of goldenStates) {
      const { uid, state: schema } = state.table
      const expected = goldenContents(state).sorted(goldenKeyGroups)
      expect(
        await collect(state.table, scanState(savepoint, uid, schema.name)),
        `${uid}/${schema.name}`,
      ).to.deep.equal(expected)
    }
    const report = await verifySavepoint(golden)
    expect(report.findings).to.deep.equal([])
    expect(report.stateDigest).to.equal(readFileSync(`${golden}/../version-1.state-digest`, 'utf8').trim())
    expect(digestByFormat(golden)).to.equal(report.stateDigest)
  })
})
