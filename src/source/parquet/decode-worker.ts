/**
 * The decode worker: a thread that turns row groups into Arrow buffers. It is a thread of its own for speed, and because
 * the decoder traps on corrupt input: a trap is an exception outside of every call, which ends this thread and only it.
 *
 * Who owns what: the worker owns the open file and the decoder's memory; an answer's buffer goes over to the main thread.
 * 1. One request is worked on at a time; answers come in the order of the requests.
 * 2. A file is compared with its mark when it is opened and after each piece, before the piece is handed over.
 * 3. What is wrong with the file itself is said at once ('trouble'), before the decoder can trap on it.
 */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { hasErrno, messageOf } from '../../errors.ts'
import type { DecodeMessage, DecodeRequest, FileTrouble } from './decode-protocol.ts'
import { hashOf, readRange, sameStat, statOf } from './file-mark.ts'
import { RangeReader } from './range-reader.ts'
import { openParquet } from './wasm.ts'
import type { ParquetReader } from './wasm.ts'

interface OpenFile {
  readonly path: string
  readonly handle: FileHandle
  readonly parquet: ParquetReader
}

const port = parentPort!
let current: OpenFile | null = null
let last: Promise<void> = Promise.resolve()

port.on('message', (request: DecodeRequest) => {
  last = last.then(() => serve(request)) // (1)
})
say({ kind: 'ready' })

async function serve(request: DecodeRequest): Promise<void> {
  const file = await fileOf(request)
  if (!file) return
  try {
    const ipc = await file.parquet.read(request)
    if (await isAsMarked(file.handle, request)) say({ kind: 'rows', id: request.id, ipc }, ipc.buffer)
  } catch (error) {
    say({ kind: 'refused', id: request.id, message: messageOf(error) })
  }
}

async function fileOf(request: DecodeRequest): Promise<OpenFile | null> {
  if (current?.path === request.path) return current
  await closeCurrent()
  const handle = await openFile(request.path)
  if (!handle) return null
  if (!(await isAsMarked(handle, request)) || !(await hasMarkedFooter(handle, request))) {
    await handle.close()
    return null
  }
  const parquet = await openParquet(new RangeReader(handle, 0, request.mark.bytes, report))
  current = { path: request.path, handle, parquet }
  return current
}

async function openFile(path: string): Promise<FileHandle | null> {
  try {
    return await open(path)
  } catch (error) {
    report(hasErrno(error, 'ENOENT') ? { kind: 'gone' } : { kind: 'io', message: messageOf(error) })
    return null
  }
}

async function closeCurrent(): Promise<void> {
  const file = current
  current = null
  file?.parquet.free()
  await file?.handle.close()
}

async function isAsMarked(handle: FileHandle, { mark }: DecodeRequest): Promise<boolean> {
  const found = await statOf(handle)
  if (sameStat(found, mark)) return true
  report({ kind: 'changed', found })
  return false
}

async function hasMarkedFooter(handle: FileHandle, { mark }: DecodeRequest): Promise<boolean> {
  const footer = await readRange(handle, mark.footerStart, mark.bytes)
  if (hashOf(footer) === mark.footerHash) return true
  report({ kind: 'changed', found: null })
  return false
}

function report(trouble: FileTrouble): void {
  say({ kind: 'trouble', trouble })
}

function say(message: DecodeMessage, transferred?: ArrayBufferLike): void {
  port.postMessage(message, transferred instanceof ArrayBuffer ? [transferred] : [])
}
