/** Layers and segments read by FORMAT.md alone, with apache-arrow for the Arrow files. */
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'
import { expect } from 'chai'
import { canonical, compareParts, type Loose } from './format-bytes.ts'

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
/** Section 5: layers folded, `{group, key, parts}` by key, of which parts are values by index or key of an entry, or by 0. */
export function fold(root: string, operator: Loose, state: Loose): Loose[] {
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
export function compareKeys(a: Loose, b: Loose): number {
  const orders = a.key.map((part: Loose, i: number) => compareParts(part, b.key[i]))
  return a.group - b.group || orders.find((order: number) => order !== 0) || 0
}
