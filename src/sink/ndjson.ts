/**
 * Results as a file, one JSON object a line. Exact after crashes: the checkpoint holds the file's length, and opening cuts
 * the file back to it, so what was written after the checkpoint is written again, once. Not exact against a former owner
 * that was only paused: it may still write into the same file.
 *
 * I1. The file is `bytes` long after each call, whole lines only; a write that fails is cut off again.
 * I2. `prepare` answers only after the file and its name are on the disk.
 */
import { constants, open, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { jsonEncoder } from '../codec/json.ts'
import { badData, conflict, hasErrno, HeadwaterError, invalid } from '../errors.ts'
import type { AnyRecord, Field } from '../record/record.ts'
import type { OpenSink, Sink, SinkState } from './sink.ts'
import { sinkFault } from './sink-fault.ts'

const newline = 10
/** So many records become one piece of text, which bounds memory. */
const pieceRecords = 4096

/** A sink that writes records as lines of JSON to `path`; a relative path is taken from the working folder when opened. */
export function ndjson(path: string): Sink {
  const name = `ndjson:${path}`
  return {
    name,
    guarantee: 'exactly-once-after-crash',
    open: async (state, fields) => {
      const handle = await openFile(path, name, state)
      try {
        const bytes = await cutBack(handle, state, path, name)
        return new OpenNdjson(name, resolve(path), handle, bytes, fields)
      } catch (error) {
        await handle.close()
        throw error instanceof HeadwaterError ? error : sinkFault(error, name)
      }
    },
  }
}

class OpenNdjson implements OpenSink {
  readonly #name: string
  readonly #path: string
  readonly #handle: FileHandle
  readonly #encode: (record: AnyRecord) => string
  /** The file's length (I1). */
  #bytes: number
  #nameSynced = false
  /** Set when nobody knows what is on the disk; nothing is promised from then on. */
  #broken: HeadwaterError | null = null

  constructor(
    name: string,
    path: string,
    handle: FileHandle,
    bytes: number,
    fields: readonly Field[] | null,
  ) {
    this.#name = name
    this.#path = path
    this.#handle = handle
    this.#bytes = bytes
    this.#encode = jsonEncoder(fields)
  }

  async write(records: readonly AnyRecord[]): Promise<void> {
    this.#checkUsable()
    let end = this.#bytes
    try {
      for (let at = 0; at < records.length; at += pieceRecords) {
        const lines = records.slice(at, at + pieceRecords).map(record => `${this.#encode(record)}\n`)
        end += await this.#writeAt(Buffer.from(lines.join('')), end)
      }
      this.#bytes = end
    } catch (error) {
      await this.#cutOff()
      throw error instanceof HeadwaterError ? error : sinkFault(error, this.#name)
    }
  }

  async prepare(): Promise<SinkState> {
    this.#checkUsable()
    try {
      await this.#handle.sync()
      if (!this.#nameSynced) await syncFolder(dirname(this.#path))
      this.#nameSynced = true
    } catch (error) {
      this.#broken = sinkFault(error, this.#name) // after a failed sync nobody knows what is on the disk
      throw this.#broken
    }
    return { bytes: this.#bytes }
  }

  async committed(): Promise<void> {
    // The recorded length is all there is to a commit.
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #writeAt(bytes: Buffer, position: number): Promise<number> {
    for (let written = 0; written < bytes.length;) {
      const rest = bytes.length - written
      written += (await this.#handle.write(bytes, written, rest, position + written)).bytesWritten
    }
    return bytes.length
  }

  async #cutOff(): Promise<void> {
    try {
      await this.#handle.truncate(this.#bytes)
    } catch (error) {
      this.#broken = sinkFault(error, this.#name)
    }
  }

  #checkUsable(): void {
    if (this.#broken !== null) throw this.#broken
  }
}

/** Opens for writing; makes the file, unless there should be one, but no folder. */
async function openFile(path: string, name: string, state: SinkState): Promise<FileHandle> {
  const bytes = state === null ? 0 : recordedLength(state, name)
  try {
    return await open(path, bytes === 0 ? constants.O_RDWR | constants.O_CREAT : constants.O_RDWR)
  } catch (error) {
    if (bytes > 0 && hasErrno(error, 'ENOENT', 'ENOTDIR')) throw lostOutput(name, bytes, 'no file')
    const found = hasErrno(error, 'EISDIR')
      ? 'a folder'
      : hasErrno(error, 'ENOENT', 'ENOTDIR')
        ? 'no folder'
        : null
    if (found === null) throw sinkFault(error, name)
    throw invalid({ code: 'bad-sink-file', thing: name, expected: 'a file in an existing folder', found })
  }
}

/** Cuts the file to the length that the checkpoint recorded, and returns it. */
async function cutBack(handle: FileHandle, state: SinkState, path: string, name: string): Promise<number> {
  const stats = await handle.stat()
  if (!stats.isFile()) {
    const remedy = path.startsWith('/dev/') ? 'use the sink stdout' : 'name a file'
    throw invalid({ code: 'bad-sink-file', thing: name, expected: 'a file that can be cut', remedy })
  }
  if (state === null) {
    if (stats.size === 0) return 0
    throw notEmpty(name, stats.size)
  }
  const bytes = recordedLength(state, name)
  if (stats.size < bytes) throw lostOutput(name, bytes, `${stats.size} bytes`)
  if (bytes > 0 && !(await endsLineAt(handle, bytes))) throw lostOutput(name, bytes, 'other content')
  if (stats.size > bytes) await handle.truncate(bytes)
  return bytes
}

async function endsLineAt(handle: FileHandle, bytes: number): Promise<boolean> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, bytes - 1)
  return buffer[0] === newline
}

function recordedLength(state: NonNullable<SinkState>, name: string): number {
  const bytes = state['bytes']
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0) return bytes
  throw invalid({
    code: 'bad-sink-state',
    thing: name,
    expected: 'a checkpoint that recorded the length of an ndjson file',
    found: JSON.stringify(state),
    remedy: 'give the sink that the checkpoint was made with',
  })
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

function lostOutput(name: string, bytes: number, found: string): HeadwaterError {
  return badData({
    code: 'sink-lost-output',
    thing: name,
    expected: `the ${bytes} bytes that the checkpoint recorded`,
    found,
    remedy: 'restore the file from a copy, or start from a savepoint with another file',
  })
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // it can't and needn't
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
