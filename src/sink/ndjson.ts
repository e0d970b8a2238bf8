/**
 * Results as a file, one JSON object a line. Exact after crashes: the checkpoint holds the file's length, and opening cuts
 * the file back to it, so what was written after the checkpoint is written again, once. Only the file that the checkpoint
 * was made with is cut (ndjson-state.ts). Not exact against a former owner that was only paused: it may still write into
 * the same file; `ndjsonParts` is.
 */
import { constants, open, stat, type FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import { hasErrno, HeadwaterError, invalid } from '../errors.ts'
import type { AnyRecord } from '../record/record.ts'
import { NdjsonLines } from './ndjson-lines.ts'
import { goesOnAt, lostOutput, ndjsonState, type NdjsonState } from './ndjson-state.ts'
import type { OpenSink, Sink, SinkState } from './sink.ts'
import { sinkFault } from './sink-fault.ts'

/** A sink that writes records as lines of JSON to `path`; a relative path is taken from the working folder when opened. */
export function ndjson(path: string): Sink<'exactly-once-after-crash'> {
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
    oneTask: true,
    check: async state => {
      if ((state?.['bytes'] ?? 0) === 0 && !(await isThere(path))) return
      await opened(state, constants.O_RDONLY, handle => handle.close())
    },
    open: async (state, fields) => {
      const flags = (state?.['bytes'] ?? 0) === 0 ? constants.O_RDWR | constants.O_CREAT : constants.O_RDWR
      return opened(state, flags, async (handle, bytes, size) => {
        if (size > bytes) await handle.truncate(bytes)
        return new OpenNdjson(resolve(path), new NdjsonLines(name, path, handle, bytes, fields))
      })
    },
  }
}

class OpenNdjson implements OpenSink {
  readonly #path: string
  readonly #lines: NdjsonLines

  constructor(path: string, lines: NdjsonLines) {
    this.#path = path
    this.#lines = lines
  }

  async write(records: readonly AnyRecord[]): Promise<void> {
    await this.#lines.write(records)
  }

  async prepare(): Promise<SinkState> {
    const { bytes, tail } = await this.#lines.sync()
    return { bytes, path: this.#path, tail }
  }

  async committed(): Promise<void> {
    // The recorded length is all there is to a commit.
  }

  async close(): Promise<void> {
    await this.#lines.close()
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
