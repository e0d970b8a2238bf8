/**
 * Parquet files from columns: what archives are written with, 2–3 M rows/s. The encoder makes a file in one call and in
 * memory, about three times the columns' own bytes: what bounds it is how many rows the caller gives to one file.
 */
import { layoutOf } from '../../codec/layout.ts'
import { storedField } from '../../codec/stored-field.ts'
import { internal, messageOf } from '../../errors.ts'
import type { Column } from '../../record/column.ts'
import type { Field } from '../../record/record.ts'
import type { TypeSpec } from '../../record/type.ts'
import { publishFile } from './publish-file.ts'
import { batchRows } from './slices.ts'

/** How a file is written. */
export interface WriteBatchesOptions {
  /** The file's key-value metadata. */
  readonly metadata?: ReadonlyMap<string, string>
}

/**
 * Writes a file with those columns, without rows too: each batch has a column a field, in the order of the fields.
 * ZSTD, row groups of 131,072 rows, timestamps as instants (UTC). The file appears under its name whole and durable, and
 * never over another one. Errors: `conflict` `file-exists`, `unavailable` `write-failed`.
 */
export async function writeBatches(
  path: string,
  fields: readonly Field[],
  batches: readonly (readonly Column[])[],
  { metadata = new Map() }: WriteBatchesOptions = {},
): Promise<void> {
  await publishFile(path, await encodeBatches(path, fields, batches, metadata))
}

/** The bytes of such a file; `path` is for errors. */
export async function encodeBatches(
  path: string,
  fields: readonly Field[],
  batches: readonly (readonly Column[])[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<Uint8Array> {
  // When needed: whoever imports the library in order to declare a job shall not wait for them.
  const [{ encodeParquet }, { toIpcStream }] = await Promise.all([
    import('./wasm.ts'),
    import('../../codec/arrow.ts'),
  ])
  const stored = fields.map(({ name, type }) => storedField(name, type))
  const wholeNumbers = fields.filter(({ type }) => isWholeNumber(type)).map(({ name }) => name)
  const options = { rowGroupRows: batchRows, metadata, wholeNumbers }
  const withRows = batches.filter(([first]) => first !== undefined && first.length > 0)
  try {
    return encodeParquet(toIpcStream(stored, withRows), options)
  } catch (cause) {
    const found = messageOf(cause)
    throw internal({ code: 'encode-failed', thing: path, found, remedy: 'write fewer rows to a file', cause })
  }
}

/** Decimals are bytes in a file, whatever their layout in memory. */
function isWholeNumber(type: TypeSpec): boolean {
  const layout = layoutOf(type)
  return layout.startsWith('int') && layout !== 'int128'
}
