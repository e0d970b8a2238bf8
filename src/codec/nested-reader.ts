/**
 * Readers of nested columns: fresh arrays, Maps and plain objects out of the children. They are frozen: an operator that changed
 * a record's would change it for the next operator too.
 */
import type { Column } from '../record/column.ts'
import { required } from '../record/type.ts'
import { frozenMap } from '../record/value.ts'
import { valueReader, type ValueReader } from './column-reader.ts'

/** Plain objects with a property a field. */
export function structReader(column: Column): ValueReader {
  const spec = required(column.type)
  const names = spec.kind === 'struct' ? spec.fields.map(({ name }) => name) : []
  const readers = column.children!.map(child => valueReader(child))
  return row => {
    const out: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) out[names[i]!] = readers[i]!(row)
    return Object.freeze(out)
  }
}

/** Arrays. */
export function listReader({ children, offsets }: Column): ValueReader {
  const read = valueReader(children![0]!)
  return row => {
    const end = offsets![row + 1]!
    const out: unknown[] = []
    for (let i = offsets![row]!; i < end; i++) out.push(read(i))
    return Object.freeze(out)
  }
}

/** Maps, entries in the order of their columns. */
export function mapReader({ children, offsets }: Column): ValueReader {
  const [readKey, readValue] = children!.map(child => valueReader(child)) as [ValueReader, ValueReader]
  return row => {
    const end = offsets![row + 1]!
    const entries: (readonly [unknown, unknown])[] = []
    for (let i = offsets![row]!; i < end; i++) entries.push([readKey(i), readValue(i)])
    return frozenMap(entries)
  }
}
