/**
 * The decode worker: a thread that turns row groups into Arrow buffers. It is a thread of its own for speed, and because
 * the decoder traps on corrupt input: a trap is an exception outside of every call, which ends this thread and only it.
 *
 * Who owns what: the worker owns the open file and the decoder's memory; an answer's buffer goes over to the main thread.
 * 1. One request is worked on at a time; answers come in the order of the requests.
 * 2. A file is compared with its mark when it is opened and after each piece, before the piece is handed over.
 * 3. What is wrong with the file itself is said at once ('trouble'), before the decoder can trap on it. After that the
 *    request has no other answer.
 */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { hasErrno, messageOf } from '../../errors.ts'
import { decoderFooter } from './decoder-footer.ts'
import type { DecodeMessage, DecodeOrder, DecodeRequest, FileTrouble } from './decode-protocol.ts'
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

port.on('message', (order: DecodeOrder) => {
  last = last.then(() => (order.kind === 'rest' ? closeCurrent() : serve(order))) // (1)
})
say({ kind: 'ready' })

async function serve(request: DecodeRequest): Promise<void> {
  try {
    const file = current?.path === request.path ? current : await openNext(request)
    const ipc = file && (await file.parquet.read(request))
    if (ipc && (await isAsMarked(file.handle, request))) say({ kind: 'rows', ipc }, ipc)
  } catch (error) {
    say({ kind: 'refused', message: messageOf(error) })
  }
}

/** Closes the file before and opens the one of the request; null after trouble with it. */
async function openNext(request: DecodeRequest): Promise<OpenFile | null> {
  await closeCurrent()
  const handle = await attempt(() => open(request.path))
  if (!handle) return null
  const footer = (await isAsMarked(handle, request)) ? await markedFooter(handle, request) : null
  if (!footer) {
    await handle.close()
    return null
  }
  const { footerStart } = request.mark
  const parquet = await openParquet(
    new RangeReader({ file: handle, footer: decoderFooter(footer), footerStart, onTrouble }),
  )
  current = { path: request.path, handle, parquet }
  return current
}

async function closeCurrent(): Promise<void> {
  const file = current
  current = null
  file?.parquet.free()
  await file?.handle.close()
}

async function isAsMarked(handle: FileHandle, { mark }: DecodeRequest): Promise<boolean> {
  const found = await attempt(() => statOf(handle))
  if (!found || sameStat(found, mark)) return found !== null
  onTrouble({ kind: 'changed', found })
  return false
}

async function markedFooter(handle: FileHandle, { mark }: DecodeRequest): Promise<Uint8Array | null> {
  const footer = await attempt(() => readRange(handle, mark.footerStart, mark.bytes))
  if (!footer || hashOf(footer) === mark.footerHash) return footer
  onTrouble({ kind: 'changed', found: null })
  return null
}

/** What the file system gives; null when it fails, which is said (3). */
async function attempt<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call()
  } catch (error) {
    onTrouble(hasErrno(error, 'ENOENT') ? { kind: 'gone' } : { kind: 'io', message: messageOf(error) })
    return null
  }
}

function onTrouble(trouble: FileTrouble): void {
  say({ kind: 'trouble', trouble })
}

function say(message: DecodeMessage, transferred?: Uint8Array): void {
  port.postMessage(message, transferred ? [transferred.buffer as ArrayBuffer] : [])
}
