/** Readers of nested columns: fresh arrays, Maps and plain objects out of the children. */
import type { Column } from '../record/column.ts'
import { required } from '../record/type.ts'
import { valueReader, type ValueReader } from './column-reader.ts'

/** Plain objects with a property a field. */
export function structReader(column: Column): ValueReader {
  const spec = required(column.type)
  const names = spec.kind === 'struct' ? spec.fields.map(({ name }) => name) : []
  const readers = column.children!.map(child => valueReader(child))
  return row => {
    const out: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) out[names[i]!] = readers[i]!(row)
    return out
  }
}

/** Arrays. */
export function listReader({ children, offsets }: Column): ValueReader {
  const read = valueReader(children![0]!)
  return row => {
    const end = offsets![row + 1]!
    const out: unknown[] = []
    for (let i = offsets![row]!; i < end; i++) out.push(read(i))
    return out
  }
}

/** Maps, entries in the order of their columns. */
export function mapReader({ children, offsets }: Column): ValueReader {
  const [readKey, readValue] = children!.map(child => valueReader(child)) as [ValueReader, ValueReader]
  return row => {
    const end = offsets![row + 1]!
    const out = new Map<unknown, unknown>()
    for (let i = offsets![row]!; i < end; i++) out.set(readKey(i), readValue(i))
    return out
  }
}
