/**
 * Where the footer of an Arrow IPC file says that its record batches lie: for checking it against an index of one's own.
 *
 * | bytes        | what                                                                          |
 * |--------------|-------------------------------------------------------------------------------|
 * | last 6       | ARROW1                                                                        |
 * | 4 before     | length of the footer                                                          |
 * | that many before | FlatBuffers table Footer{version, schema, dictionaries, recordBatches}    |
 *
 * A block is a struct of 24 bytes: offset (8), metadata length (4), padding (4), body length (8).
 * Published source: the Arrow columnar format, "IPC File Format", and Arrow's File.fbs.
 */
import { badData } from '../errors.ts'
import { FlatbufferTable } from './flatbuffer-table.ts'
import type { IpcBlock } from './ipc.ts'

const footer = { dictionaries: 2, recordBatches: 3 }
const blockBytes = 24

/** The length of the footer and of what follows it, which the last 10 bytes of a file tell; null when they are no such end. */
export function footerEndBytes(lastTen: Uint8Array): number | null {
  if (lastTen.length !== 10 || Buffer.from(lastTen.subarray(4)).toString('latin1') !== 'ARROW1') return null
  return new DataView(lastTen.buffer, lastTen.byteOffset, 4).getUint32(0, true) + 10
}

/** The record batches that a footer names. `end`: the file's last `footerEndBytes`. Errors: `data`, code `corrupt-arrow`. */
export function footerBlocks(end: Uint8Array, thing: string): readonly IpcBlock[] {
  const corrupt = (found: string): Error =>
    badData({ code: 'corrupt-arrow', thing, expected: 'an Arrow footer', found })
  const view = new DataView(end.buffer, end.byteOffset, end.length - 10)
  const root = FlatbufferTable.root(view, corrupt)
  if (root.structs(footer.dictionaries, blockBytes).length > 0) throw corrupt('dictionaries')
  const { start, length } = root.structs(footer.recordBatches, blockBytes)
  return Array.from({ length }, (_, i) => {
    const at = start + i * blockBytes
    return {
      offset: root.countAt(at),
      metadataLength: view.getInt32(at + 8, true),
      bodyLength: root.countAt(at + 16),
    }
  })
}
