/**
 * Results as a file, one JSON object a line. Exact after crashes: the checkpoint holds the file's length, and opening cuts
 * the file back to it, so what was written after the checkpoint is written again, once. Only the file that the checkpoint
 * was made with is cut (ndjson-state.ts). Not exact against a former owner that was only paused: it may still write into
 * the same file.
 *
 * I1. The file is `bytes` long after each call, whole lines only; a write that fails is cut off again.
 * I2. `prepare` answers only after the file and its name are on the disk.
 */
import { constants, open, stat, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { jsonEncoder } from '../codec/json.ts'
import { hasErrno, HeadwaterError, invalid } from '../errors.ts'
import type { AnyRecord, Field } from '../record/record.ts'
import { goesOnAt, lostOutput, ndjsonState, tailHash, type NdjsonState } from './ndjson-state.ts'
import type { OpenSink, Sink, SinkState } from './sink.ts'
import { sinkFault } from './sink-fault.ts'

/** So many records become one piece of text, which bounds memory. */
const pieceRecords = 4096

/** A sink that writes records as lines of JSON to `path`; a relative path is taken from the working folder when opened. */
export function ndjson(path: string): Sink {
  const name = `ndjson:${path}`
  const opened = async <T>(
    state: SinkState,
    flags: number,
    work: (handle: FileHandle, bytes: number, size: number) => Promise<T>,
  ): Promise<T> => {
    const stored = state && ndjsonState(state, name)
    const handle = await openFile(path, name, flags, stored)
    try {
      const size = await sizeOf(handle, path, name)
      return await work(handle, await goesOnAt(handle, size, stored, resolve(path), name), size)
    } catch (error) {
      await handle.close()
      throw error instanceof HeadwaterError ? error : sinkFault(error, name)
    }
  }
  return {
    name,
    file: path,
    guarantee: 'exactly-once-after-crash',
    check: async state => {
      if ((state?.['bytes'] ?? 0) === 0 && !(await isThere(path))) return
      await opened(state, constants.O_RDONLY, handle => handle.close())
    },
    open: async (state, fields) => {
      const flags = (state?.['bytes'] ?? 0) === 0 ? constants.O_RDWR | constants.O_CREAT : constants.O_RDWR
      return opened(state, flags, async (handle, bytes, size) => {
        if (size > bytes) await handle.truncate(bytes)
        return new OpenNdjson(name, resolve(path), handle, bytes, fields)
      })
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
      return { bytes: this.#bytes, path: this.#path, tail: await tailHash(this.#handle, this.#bytes) }
    } catch (error) {
      this.#broken = sinkFault(error, this.#name) // after a failed sync nobody knows what is on the disk
      throw this.#broken
    }
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

/** Opens the file; where there should be one, its absence is lost output. No folder is made. */
async function openFile(
  path: string,
  name: string,
  flags: number,
  state: NdjsonState | null,
): Promise<FileHandle> {
  try {
    return await open(path, flags)
  } catch (error) {
    const bytes = state?.bytes ?? 0
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

async function sizeOf(handle: FileHandle, path: string, name: string): Promise<number> {
  const stats = await handle.stat()
  if (stats.isFile()) return stats.size
  const remedy = path.startsWith('/dev/') ? 'use the sink stdout' : 'name a file'
  throw invalid({ code: 'bad-sink-file', thing: name, expected: 'a file that can be cut', remedy })
}

/** Whether something has the name: what is not there is made when the sink is opened. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
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
