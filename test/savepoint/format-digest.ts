/** State digests computed by FORMAT.md alone. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { canonical, compareParts, int32, int64, keyBytes, sha, type Loose } from './format-bytes.ts'
import { compareKeys, fold } from './format-layers.ts'

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
export function digestByFormat(root: string, path = 'manifest.json'): string {
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
