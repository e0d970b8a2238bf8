/**
 * Finishes what former runs left open in a folder of parts, after the run's fence (live/TASKS.md, O3): what counts gets its
 * final name in a file that no former run holds.
 *
 * F1. A finished part is linked, never renamed over: whoever comes second finds it there, with the same bytes.
 * F2. Of a file that a former owner may still hold open, the bytes that count are copied. One's own is linked as it is.
 * F3. A name goes only when the one that replaces it is on the disk: a power loss may keep a removal and lose a link before it.
 * F4. Of several tasks one finishes a part: another that was copying it still would link it anew where its reader has taken it.
 * F5. What the fence says is to be finished may have been, and be taken: then nothing of it is left, and nothing is missing.
 */
import { constants, copyFile, link, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { badData, conflict, hasErrno, type HeadwaterError } from '../errors.ts'
import { syncFolder } from './ndjson-lines.ts'
import { tailHash } from './ndjson-state.ts'
import { copyName, finishedName, openName, partFile, type PartFile, type PartId } from './part-names.ts'
import {
  finishedCount,
  isFinished,
  type FinishedParts,
  type OpenPart,
  type PartsState,
  type UnfinishedPart,
} from './parts-state.ts'

/** Who finishes. */
export interface Finisher {
  /** Of the sink, for messages. */
  readonly name: string
  readonly folder: string
  readonly attempt: string
  /** Hidden files of older generations that the state does not name are removed (O4). */
  readonly generation: number
  readonly task: number
  /** How many tasks there are. */
  readonly tasks: number
}

/** The files of parts in a folder; none where there is no folder. */
export async function partFiles(folder: string): Promise<readonly PartFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return []
    throw error
  })
  return names.map(partFile).filter(file => file !== null)
}

/**
 * Whether output may go on in the folder from that state: everything finished there is known to it, and what it counts is
 * there. Touches nothing. Errors: `conflict`, codes `sink-not-empty` and `other-sink-output`; `data`, code `sink-lost-output`.
 */
export async function checkParts(
  state: PartsState | null,
  { name, folder, generation, task }: Omit<Finisher, 'attempt' | 'tasks'>,
): Promise<void> {
  const files = await partFiles(folder)
  if (state === null) {
    const found = files.find(({ kind }) => kind !== 'copy')
    if (found !== undefined) throw notEmpty(name, found)
    return
  }
  const open = (id: PartId): boolean => state.open.some(part => isSame(part, id))
  // Other tasks of the same generation write there too.
  const isEarlier = (file: PartFile): boolean =>
    file.generation < generation || (file.generation === generation && file.task === task)
  const stranger = files.find(
    file => file.kind === 'finished' && isEarlier(file) && !isFinished(state, file) && !open(file),
  )
  if (stranger !== undefined) throw otherOutput(name, stranger)
  for (const part of state.open) await checkOpen(name, folder, part)
}

/**
 * What a fence says of that state: nothing is open any more, and what may not have its final name yet is to be finished. So whoever
 * begins after it knows that it may have been (F5). Looks at the folder and touches nothing.
 */
export async function fencedParts(state: PartsState): Promise<PartsState> {
  const hidden = new Set((await partFiles(state.folder)).map(({ name }) => name))
  const left = state.finishing.filter(part => hidden.has(openName(part, part.attempt)))
  return {
    ...state,
    finished: allFinished(state),
    finishing: [...left, ...state.open.map(unfinished)],
    open: [],
  }
}

/** The state with nothing open any more. Errors: as above; those of the disk. */
export async function finishParts(state: PartsState, finisher: Finisher): Promise<PartsState> {
  const { folder } = finisher
  const isOwn = (part: PartId): boolean => isOf(part, finisher) // F4
  for (const part of state.finishing.filter(isOwn)) await finishCopied(part, finisher)
  for (const part of state.open.filter(isOwn)) {
    await checkOpen(finisher.name, folder, part)
    await finishCopied(part, finisher)
  }
  if (state.finishing.length + state.open.length > 0) await syncFolder(folder)
  await removeHidden(finisher)
  const others = [...state.finishing, ...state.open].filter(part => !isOwn(part))
  return { folder, finished: allFinished(state), finishing: others.map(unfinished), open: [] }
}

function isOf({ task }: PartId, finisher: Pick<Finisher, 'task' | 'tasks'>): boolean {
  return task % finisher.tasks === finisher.task % finisher.tasks
}

function unfinished({ generation, task, number, attempt, bytes }: UnfinishedPart): UnfinishedPart {
  return { generation, task, number, attempt, bytes }
}

function allFinished({ finished, open: opened }: PartsState): readonly FinishedParts[] {
  return opened.reduce<readonly FinishedParts[]>(withFinished, finished)
}

/** The counts with one more part. */
export function withFinished(
  finished: readonly FinishedParts[],
  { generation, task, number }: PartId,
): FinishedParts[] {
  const others = finished.filter(each => each.generation !== generation || each.task !== task)
  const known = finishedCount({ folder: '', finished, finishing: [], open: [] }, generation, task)
  return [...others, { generation, task, count: Math.max(known, number) }]
}

/** Gives a part its final name by the run that wrote it, after its commit: nobody else can have, but who has taken over since. */
export async function finishOwn(name: string, folder: string, part: UnfinishedPart): Promise<void> {
  const from = join(folder, openName(part, part.attempt))
  await link(from, join(folder, finishedName(part))).catch((error: unknown) => {
    if (hasErrno(error, 'EEXIST', 'ENOENT')) throw takenOver(name, part)
    throw error
  })
  await syncFolder(folder) // F3
  await rm(from, { force: true })
}

/** Its file may be gone by now: finished by another start, and taken by its reader (F5). */
async function finishCopied(part: UnfinishedPart, { name, folder, attempt }: Finisher): Promise<void> {
  const from = join(folder, openName(part, part.attempt))
  const final = join(folder, finishedName(part))
  if ((await sizeOf(final)) === null && (await isLeft(name, from, part))) {
    const copy = join(folder, copyName(part, attempt))
    try {
      await copyFile(from, copy, constants.COPYFILE_FICLONE)
      const file = await open(copy, 'r+')
      try {
        await file.truncate(part.bytes) // a former owner may have added to it while it was copied
        await file.sync()
      } finally {
        await file.close()
      }
      await linkOnce(copy, final)
    } catch (error) {
      // Who else finishes it has removed what is copied, or the copy.
      if (!hasErrno(error, 'ENOENT') || (await sizeOf(from)) !== null) throw error
    } finally {
      await rm(copy, { force: true })
    }
  }
  await syncFolder(folder) // F3, also where another has linked it
  await rm(from, { force: true })
}

/** Whether there is a file to be finished. Errors: `data`, code `sink-lost-output`, where it has lost some of what counts. */
async function isLeft(name: string, path: string, part: UnfinishedPart): Promise<boolean> {
  const size = await sizeOf(path)
  if (size !== null && size < part.bytes)
    throw lostOutput(name, openName(part, part.attempt), part.bytes, `${size} bytes`)
  return size !== null
}

/** That it is finished already, or that its bytes are there. */
async function checkOpen(name: string, folder: string, part: OpenPart): Promise<void> {
  const final = finishedName(part)
  const size = await sizeOf(join(folder, final))
  if (size === part.bytes) return
  if (size !== null) throw lostOutput(name, final, part.bytes, `${size} bytes`)
  const hidden = openName(part, part.attempt)
  const file = await open(join(folder, hidden)).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return null
    throw error
  })
  if (file === null) {
    // Another task may have finished it between the two looks.
    if ((await sizeOf(join(folder, final))) === part.bytes) return
    throw lostOutput(name, hidden, part.bytes, 'no file')
  }
  try {
    const { size: bytes } = await file.stat()
    if (bytes < part.bytes) throw lostOutput(name, hidden, part.bytes, `${bytes} bytes`)
    if ((await tailHash(file, part.bytes)) !== part.tail)
      throw lostOutput(name, hidden, part.bytes, 'other lines')
  } finally {
    await file.close()
  }
}

/** Copies that others are making are among them: a start that was frozen there must not link one later. */
async function removeHidden(finisher: Finisher): Promise<void> {
  const { folder, generation } = finisher
  for (const file of await partFiles(folder))
    if (file.kind !== 'finished' && file.generation < generation && isOf(file, finisher))
      await rm(join(folder, file.name), { force: true })
}

/** F1 */
async function linkOnce(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: unknown) => {
    if (!hasErrno(error, 'EEXIST')) throw error
  })
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    (error: unknown) => {
      if (hasErrno(error, 'ENOENT')) return null
      throw error
    },
  )
}

function isSame(a: PartId, b: PartId): boolean {
  return a.generation === b.generation && a.task === b.task && a.number === b.number
}

function lostOutput(thing: string, file: string, bytes: number, found: string): HeadwaterError {
  return badData({
    code: 'sink-lost-output',
    thing,
    expected: `the ${bytes} bytes of ${file} that the checkpoint recorded`,
    found,
    remedy: 'restore that file from a copy, or start from a savepoint with another folder',
  })
}

function takenOver(thing: string, part: PartId): HeadwaterError {
  return conflict({
    code: 'lost-ownership',
    thing,
    expected: `to finish ${finishedName(part)}`,
    found: 'that another run has',
    remedy: 'let the other run go on, or stop it and start again',
  })
}

function notEmpty(thing: string, { name }: PartFile): HeadwaterError {
  return conflict({
    code: 'sink-not-empty',
    thing,
    expected: 'a folder without parts: no checkpoint says what is in it',
    found: name,
    remedy: 'choose another folder, or move its parts away',
  })
}

function otherOutput(thing: string, { name }: PartFile): HeadwaterError {
  return conflict({
    code: 'other-sink-output',
    thing,
    expected: 'parts that the checkpoint knows, and no others',
    found: name,
    remedy: 'another run has written there: move its parts away, or choose another folder',
  })
}
