/**
 * What a checkpoint stores of an ndjson file, and whether a file is the one it was stored of: a file that is somebody
 * else's is never cut.
 *
 * I1. A file is known by its last bytes below the recorded length. Where those fit, what is behind them is the run's own
 *     only in a file of the recorded path: elsewhere it may be anybody's.
 */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { badData, conflict, invalid, type HeadwaterError } from '../errors.ts'
import type { SinkState } from './sink.ts'

/** A file as a checkpoint stores it. */
export interface NdjsonState {
  /** Its length; what is behind it was written after the checkpoint. */
  readonly bytes: number
  /** The resolved path; null in checkpoints that stored none. */
  readonly path: string | null
  /** `tailHash` at that length; null in checkpoints that stored none. */
  readonly tail: string | null
}

const newline = 10
const tailBytes = 4096

/** SHA-256, as hexadecimal digits, of the last bytes below `bytes`: 4 KiB of them, or as many as there are. */
export async function tailHash(handle: FileHandle, bytes: number): Promise<string> {
  return createHash('sha256')
    .update(await readTail(handle, bytes))
    .digest('hex')
}

/** Reads a stored state. Errors: `invalid`, code `bad-sink-state`, for that of another kind of sink. */
export function ndjsonState(state: NonNullable<SinkState>, name: string): NdjsonState {
  const { bytes, path = null, tail = null } = state
  const isLength = typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0
  if (isLength && typeof path !== 'number' && typeof tail !== 'number') return { bytes, path, tail }
  throw invalid({
    code: 'bad-sink-state',
    thing: name,
    expected: 'a checkpoint that recorded the length of an ndjson file',
    found: JSON.stringify(state),
    remedy: 'give the sink that the checkpoint was made with',
  })
}

/**
 * The length at which output goes on in the file, which may be longer; touches nothing.
 * Errors: `conflict`, codes `sink-not-empty` and `other-sink-file`; `data`, code `sink-lost-output`.
 */
export async function goesOnAt(
  handle: FileHandle,
  size: number,
  state: NdjsonState | null,
  path: string,
  name: string,
): Promise<number> {
  if (state === null || state.bytes === 0) {
    if (size > 0 && state?.path !== path) throw notEmpty(name, size)
    return 0
  }
  const { bytes, tail } = state
  if (size < bytes) throw lostOutput(name, bytes, `${size} bytes`)
  const text = await readTail(handle, bytes)
  if (text.at(-1) !== newline) throw lostOutput(name, bytes, 'other content')
  if (tail !== null && tail !== (await tailHash(handle, bytes))) throw lostOutput(name, bytes, 'other lines')
  if (state.path !== null && state.path !== path && size > bytes) throw otherFile(name, state, size)
  return bytes
}

/** The error of a file that is not there, or too short, or another one. */
export function lostOutput(name: string, bytes: number, found: string): HeadwaterError {
  return badData({
    code: 'sink-lost-output',
    thing: name,
    expected: `the ${bytes} bytes that the checkpoint recorded`,
    found,
    remedy:
      'give the sink its own file, or restore that from a copy, or start from a savepoint with another file',
  })
}

async function readTail(handle: FileHandle, bytes: number): Promise<Buffer> {
  const length = Math.min(tailBytes, bytes)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, bytes - length)
  return buffer.subarray(0, bytesRead)
}

function notEmpty(name: string, bytes: number): HeadwaterError {
  return conflict({
    code: 'sink-not-empty',
    thing: name,
    expected: 'an empty file or none: no checkpoint says what is in it',
    found: `${bytes} bytes`,
    remedy: 'choose another file, or move this one away',
  })
}

function otherFile(name: string, { bytes, path }: NdjsonState, size: number): HeadwaterError {
  return conflict({
    code: 'other-sink-file',
    thing: name,
    expected: `the ${bytes} bytes that the checkpoint recorded of ${path}, and no more`,
    found: `${size} bytes`,
    remedy: `move the file back; or, if all of it is this sink's, cut it to ${bytes} bytes: those behind are written again`,
  })
}
