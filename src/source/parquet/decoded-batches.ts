/** From the worker's Arrow bytes to batches with their place, counted against what the footer promised. */
import { readIpcStream } from '../../codec/arrow.ts'
import type { ArrowBatches } from '../../codec/ipc.ts'
import { HeadwaterError } from '../../errors.ts'
import type { DecodedBatch } from './column-maker.ts'
import { corrupt } from './decoder.ts'
import type { DecodeJob } from './decoder.ts'
import { batchRows } from './slices.ts'

/** The batches of a piece; without bytes, batches of no columns. Errors: `data` `corrupt-file`. */
export function decodedBatches(job: DecodeJob, ipc: Uint8Array | null): DecodedBatch[] {
  const { file, slice } = job
  const { fields, batches } = ipc ? readPiece(job, ipc) : emptyBatches(slice.rows)
  const rows = batches.reduce((sum, batch) => sum + batch.length, 0)
  if (rows !== slice.rows) throw corrupt(job, `${rows} rows where its footer says ${slice.rows}`)
  let firstRow = slice.firstRow
  return batches.map(({ length, columns }) => {
    const batch = { path: file.pinned.path, rowGroup: slice.rowGroup, firstRow, length, columns, fields }
    firstRow += length
    return batch
  })
}

function readPiece(job: DecodeJob, ipc: Uint8Array): ArrowBatches {
  try {
    return readIpcStream(ipc)
  } catch (error) {
    const { expected, found, message } = error as HeadwaterError
    if (!(error instanceof HeadwaterError)) throw error
    throw corrupt(job, expected === undefined ? message : `${found}, not ${expected}`, error)
  }
}

function emptyBatches(rows: number): ArrowBatches {
  const lengths = Array.from({ length: Math.ceil(rows / batchRows) }, (_, i) =>
    Math.min(batchRows, rows - i * batchRows),
  )
  return { fields: [], metadata: new Map(), batches: lengths.map(length => ({ length, columns: new Map() })) }
}
