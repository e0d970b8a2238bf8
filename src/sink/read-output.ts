/**
 * Reads exactly the bytes of an output that count, by the state that a checkpoint stored of its sink (live/TASKS.md, O1):
 * also while the run that writes it goes on.
 */
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { badData, hasErrno, invalid, type HeadwaterError } from '../errors.ts'
import { ndjsonState } from './ndjson-state.ts'
import { compareParts, finishedName, openName, type PartId } from './part-names.ts'
import { isPartsState, partsState, type PartsState, type UnfinishedPart } from './parts-state.ts'
import type { SinkState } from './sink.ts'

/** One file of an output, by the names that it may have. */
interface OutputFile {
  readonly paths: readonly string[]
  /** So many of its first bytes count; null for all. */
  readonly bytes: number | null
}

const pieceBytes = 256 * 1024

/**
 * Pieces of bytes, in the order of the output: of parts by generation, task and number. Errors: `invalid`, code
 * `no-kept-output`, for a sink that keeps none; `data`, code `sink-lost-output`, where a file is gone or too short.
 */
export async function* readOutput(name: string, state: SinkState): AsyncGenerator<Uint8Array> {
  for (const file of outputFiles(name, state)) yield* readFileOf(name, file)
}

function outputFiles(name: string, state: SinkState): readonly OutputFile[] {
  if (state === null) throw noOutput(name)
  if (isPartsState(state)) return filesOfParts(partsState(state, name))
  const { bytes, path } = ndjsonState(state, name)
  if (path === null) throw noOutput(name)
  return bytes === 0 ? [] : [{ paths: [path], bytes }]
}

function filesOfParts({ folder, finished, finishing, open: opened }: PartsState): readonly OutputFile[] {
  const hidden = (part: UnfinishedPart): string => join(folder, openName(part, part.attempt))
  const ended = finished.flatMap(({ generation, task, count }) =>
    Array.from({ length: count }, (_, i): PartId => ({ generation, task, number: i + 1 })),
  )
  const all = [
    ...ended.map(id => {
      const other = finishing.find(part => compareParts(part, id) === 0)
      const paths = [join(folder, finishedName(id)), ...(other ? [hidden(other)] : [])]
      return { id, paths, bytes: other?.bytes ?? null }
    }),
    // It may have been finished since the checkpoint, with more bytes.
    ...opened.map(part => ({
      id: part,
      paths: [hidden(part), join(folder, finishedName(part))],
      bytes: part.bytes,
    })),
  ]
  return all.sort((a, b) => compareParts(a.id, b.id))
}

async function* readFileOf(name: string, { paths, bytes }: OutputFile): AsyncGenerator<Uint8Array> {
  const file = await openFirst(name, paths)
  try {
    const end = bytes ?? (await file.stat()).size
    for (let at = 0; at < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, end - at))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) throw lost(name, paths[0]!, `${at} bytes, not ${end}`)
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Under one of its names; one that was given its final name just now is looked for once more. */
async function openFirst(name: string, paths: readonly string[]): Promise<FileHandle> {
  for (const path of [...paths, ...paths]) {
    const file = await open(path).catch((error: unknown) => {
      if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null
      throw error
    })
    if (file !== null) return file
  }
  throw lost(name, paths[0]!, 'no file')
}

function lost(name: string, path: string, found: string): HeadwaterError {
  return badData({
    code: 'sink-lost-output',
    thing: `sink ${name}: ${path}`,
    expected: 'what the checkpoint counts of it',
    found,
    remedy: 'a part that was moved away can only be read where it is now',
  })
}

function noOutput(name: string): HeadwaterError {
  return invalid({
    code: 'no-kept-output',
    thing: `sink ${name}`,
    expected: 'a sink that writes files: ndjson:DIR/ or ndjson:FILE',
    found: 'one of which a checkpoint keeps nothing',
    remedy:
      'what went to a topic is read there: headwater log read kafka://HOST:PORT/TOPIC shows what is committed',
  })
}
