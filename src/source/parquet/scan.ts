/**
 * Reads planned files: pieces are decoded in the worker while the consumer is at work on the ones before.
 *
 * Who owns what: a scan owns its decoder, and ends it when it is done, when it fails and when the consumer stops.
 * 1. At most `readAhead` pieces are decoded or being decoded beyond the one that the consumer is at.
 * 2. Batches come in the order (file, row group, row), whatever the decoder's pace.
 * 3. After a file's last batch the file is compared with its mark once more, under its name.
 */
import type { Clock } from '../../clock.ts'
import type { HistoryBatch } from '../history.ts'
import { batchMaker } from './batch-maker.ts'
import type { DecodedBatch } from './column-maker.ts'
import { Decoder } from './decoder.ts'
import type { DecodeJob } from './decoder.ts'
import { decodedBatches } from './decoded-batches.ts'
import { decodedColumns } from './file-plan.ts'
import type { FilePlan } from './file-plan.ts'
import { OneTopic } from './one-topic.ts'
import { checkUnchanged } from './pin.ts'
import { projection } from './projection.ts'
import { slicesOf } from './slices.ts'

const readAhead = 2

/** How to read. */
export interface ScanOptions {
  readonly clock: Clock
  /** How long one piece may take to decode, beside what its size adds. */
  readonly deadlineMs: number
  readonly signal: AbortSignal | undefined
}

/** A piece of a file and what becomes of it. */
interface Piece {
  readonly job: DecodeJob
  readonly make: (batch: DecodedBatch) => HistoryBatch
  readonly endsFile: boolean
}

/** A piece on its way; `ipc` is null for a file of which no column is wanted. */
interface PieceAhead {
  readonly piece: Piece
  readonly ipc: Promise<Uint8Array> | null
}

/** All batches of the files. An aborted signal makes it throw the signal's reason. */
export async function* scan(
  plans: readonly FilePlan[],
  { clock, deadlineMs, signal }: ScanOptions,
): AsyncGenerator<HistoryBatch, void, undefined> {
  const decoder = new Decoder(clock, deadlineMs)
  const stop = (): void => void decoder.close()
  signal?.addEventListener('abort', stop)
  try {
    const pieces = piecesOf(plans)
    const ahead: PieceAhead[] = []
    for (refill(ahead, pieces, decoder); ahead.length > 0; refill(ahead, pieces, decoder)) {
      signal?.throwIfAborted()
      yield* batchesOf(ahead.shift()!)
    }
  } catch (error) {
    signal?.throwIfAborted() // what closing the decoder broke is not the reason
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    await decoder.close()
  }
}

function refill(ahead: PieceAhead[], pieces: Iterator<Piece>, decoder: Decoder): void {
  while (ahead.length <= readAhead) {
    const next = pieces.next()
    if (next.done) return
    const piece = next.value
    const ipc = piece.job.columns?.length === 0 ? null : decoder.decode(piece.job)
    ipc?.catch(() => undefined) // it is awaited in its turn, when an earlier one may have failed
    ahead.push({ piece, ipc })
  }
}

function* piecesOf(plans: readonly FilePlan[]): Generator<Piece, void, undefined> {
  const oneTopic = new OneTopic()
  for (const plan of plans) {
    const make = batchMaker(plan, oneTopic)
    const columns = projection(decodedColumns(plan), plan.file.footer.leafPaths)
    const slices = slicesOf(plan)
    for (const slice of slices) {
      yield { job: { file: plan.file, slice, columns }, make, endsFile: slice === slices.at(-1) }
    }
  }
}

async function* batchesOf({ piece, ipc }: PieceAhead): AsyncGenerator<HistoryBatch, void, undefined> {
  const { job, make, endsFile } = piece
  for (const batch of decodedBatches(job, ipc && (await ipc))) yield make(batch)
  if (endsFile) await checkUnchanged(job.file)
}
