/** One state as a file of another format, by the ending of its name: Parquet, Arrow IPC, CSV or NDJSON. */
import type { NamedColumn } from '../codec/json-lines.ts'
import { jsonLines } from '../codec/json-lines.ts'
import { storedField } from '../codec/stored-field.ts'
import { invalid } from '../errors.ts'
import type { Column } from '../record/column.ts'
import type { Field } from '../record/record.ts'
import { concat } from '../codec/gather.ts'
import { csvHead, csvLines } from './csv.ts'
import { writeExportFile, type ExportFileOptions } from './export-file.ts'
import { findState } from './find-state.ts'
import { entryFields, namedColumns } from './named-columns.ts'
import { readPinned } from './pinned.ts'
import { selectRows } from './select.ts'
import type { EntryRows, Savepoint, StateTable } from './savepoint.ts'

/** Where a state goes, and which part of it. */
export interface ExportRequest extends Partial<ExportFileOptions> {
  /** Its ending says the format: `.parquet`, `.arrow`, `.csv`, `.ndjson`. */
  readonly to: string
  /** Only the entries for which it holds. */
  readonly where?: string | undefined
  /** Told how many rows more were read. */
  readonly onRead?: ((rows: number) => void) | undefined
}

/** What was written. */
export interface ExportReport {
  readonly path: string
  readonly rows: number
  readonly bytes: number
}

type Batches = AsyncIterable<readonly Column[]>
type Encoder = (path: string, fields: readonly Field[], batches: Batches) => AsyncIterable<Uint8Array>

/** Rows of a batch of Arrow files; Parquet's row groups are as large. */
const batchRows = 131_072

const encoders: Readonly<Record<string, Encoder>> = {
  parquet: parquetPieces,
  arrow: (_, fields, batches) => arrowPieces(fields, batches),
  csv: (_, fields, batches) => csvPieces(fields, batches),
  ndjson: (_, fields, batches) => jsonPieces(fields, batches),
}

/**
 * Writes the entries of a state, sorted as in the savepoint, with all columns (key group first). The file appears whole or not
 * at all. Parquet is encoded in memory, about three times the state; the others go as they come. Errors: those of
 * `pin`, `selectRows` and `writeExportFile`; `invalid`, code `unknown-format`.
 */
export async function exportState(
  savepoint: string | Savepoint,
  uid: string,
  state: string,
  request: ExportRequest,
): Promise<ExportReport> {
  const encode = encoderFor(request.to)
  return readPinned(savepoint, opened => exportPinned(opened, uid, state, request, encode))
}

async function exportPinned(
  opened: Savepoint,
  uid: string,
  state: string,
  { to, where, onRead, overwrite = false, ...more }: ExportRequest,
  encode: Encoder,
): Promise<ExportReport> {
  const { table } = findState(opened, uid, state)
  let rows = 0
  const counted = async function* (): Batches & AsyncGenerator<readonly Column[]> {
    for await (const batch of batchesOf(table, selectRows(opened, uid, state, { where, onRead }))) {
      rows += batch[0]!.length
      yield batch
    }
  }
  const { bytes } = await writeExportFile(to, encode(to, entryFields(table), counted()), {
    overwrite,
    ...more,
  })
  return { path: to, rows, bytes }
}

function encoderFor(path: string): Encoder {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  const encoder = Object.hasOwn(encoders, ending) ? encoders[ending] : undefined
  if (encoder) return encoder
  throw invalid({
    code: 'unknown-format',
    thing: path,
    expected: `a name that ends in .${Object.keys(encoders).join(', .')}`,
    found: ending === '' ? 'no ending' : `.${ending}`,
    remedy: 'name the file by its format',
  })
}

/** Small pieces joined. */
async function* batchesOf(
  table: StateTable,
  pieces: AsyncIterable<EntryRows>,
): AsyncGenerator<readonly Column[]> {
  let waiting: (readonly Column[])[] = []
  let rows = 0
  for await (const piece of pieces) {
    waiting.push(namedColumns(table, piece).map(({ column }) => column))
    rows += piece.length
    if (rows < batchRows) continue
    yield joined(waiting)
    waiting = []
    rows = 0
  }
  if (waiting.length > 0) yield joined(waiting)
}

function joined(pieces: readonly (readonly Column[])[]): readonly Column[] {
  return pieces[0]!.map((_, i) => concat(pieces.map(piece => piece[i]!)))
}

async function* parquetPieces(
  path: string,
  fields: readonly Field[],
  batches: Batches,
): AsyncGenerator<Uint8Array> {
  const { encodeBatches } = await import('../source/parquet/batch-writer.ts')
  const all: (readonly Column[])[] = []
  for await (const batch of batches) all.push(wide(batch))
  yield await encodeBatches(path, fields, all)
}

async function* arrowPieces(fields: readonly Field[], batches: Batches): AsyncGenerator<Uint8Array> {
  const { ipcFileWriter } = await import('../codec/arrow.ts')
  const writer = ipcFileWriter(fields.map(({ name, type }) => storedField(name, type)))
  yield writer.head
  for await (const batch of batches) yield writer.batch(wide(batch)).bytes
  yield writer.finish()
}

/** The key group, 16 bits in memory, as the int32 that its field says. */
function wide([groups, ...others]: readonly Column[]): readonly Column[] {
  return [{ ...groups!, values: Int32Array.from(groups!.values as Uint16Array) }, ...others]
}

async function* csvPieces(fields: readonly Field[], batches: Batches): AsyncGenerator<Uint8Array> {
  yield Buffer.from(csvHead(fields.map(({ name }) => name)))
  for await (const batch of batches) yield Buffer.from(csvLines(named(fields, batch), batch[0]!.length))
}

async function* jsonPieces(fields: readonly Field[], batches: Batches): AsyncGenerator<Uint8Array> {
  for await (const batch of batches) yield jsonLines(named(fields, batch), 0, batch[0]!.length)
}

function named(fields: readonly Field[], columns: readonly Column[]): readonly NamedColumn[] {
  return fields.map(({ name }, i) => ({ name, column: columns[i]! }))
}
