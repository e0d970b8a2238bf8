/** One block's bytes → entries. */
import { ipcFileWriter, readIpcStream } from '../codec/arrow.ts'
import type { BlockEntry } from './block-index.ts'
import { rowsOf } from './entry-rows.ts'
import { segmentFields, segmentShape, type LayerPlace } from './segment-columns.ts'
import type { EntryRows, StateTable } from './savepoint.ts'

export function decodeBlock(table: StateTable, layer: LayerPlace, bytes: Uint8Array, _entry: BlockEntry, thing: string): EntryRows {
  const fields = segmentFields(table, layer)
  const head = ipcFileWriter(fields, {}).head.subarray(8)
  const all = new Uint8Array(head.length + bytes.length)
  all.set(head); all.set(bytes, head.length)
  const batch = readIpcStream(all, thing).batches[0]!
  return rowsOf(segmentShape(table, layer), fields.map((field, i) => ({ ...batch.columns.get(field.name)!, ...(i === 0 ? {} : {type: [...table.key.fields.map(f=>f.type), ...(table.state.kind === 'list' ? [{kind:'int32'} as const] : []), ...(layer === 'delta' ? [{kind:'bool'} as const] : []), table.state.type][i-1]!}) })).map((c, i) => i === 0 ? { ...c, values: Uint16Array.from(c.values as Int32Array) } : c))
}
