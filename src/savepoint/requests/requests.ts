/**
 * What people and programs want of a run, left in its folder of checkpoints: a file `requests/ID.json` each. The owner
 * answers in a manifest that names ID in `answers` (live/TASKS.md, section 1).
 *
 * Q1. A request is addressed to one attempt; nobody else answers it.
 * Q3. Who asked removes the file. It appears under its name whole or not at all.
 */
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '../../errors.ts'
import { isAlive, type ProcessIdentity } from '../../source/file-log/process-identity.ts'
import { makeFolder } from '../durable.ts'
import { count, finite, matching, oneOf, record, ShapeMismatch, text, type Shape } from '../json-shape.ts'

/** Where requests are, below a store. */
export const requestsFolder = 'requests'

/** `savepoint`: take a checkpoint at once · `stop`: stop with a savepoint, as SIGTERM does. */
export type RequestKind = 'savepoint' | 'stop'

/** One request. */
export interface StoreRequest {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly kind: RequestKind
  /** The attempt that is asked. */
  readonly attempt: string
  /** Who asks. */
  readonly process: ProcessIdentity
  /** Wall time, milliseconds since the epoch. */
  readonly createdMs: number
}

const hex = matching(/^[0-9a-f]{32}$/, '32 hexadecimal digits')
const requestShape: Shape<StoreRequest> = record<StoreRequest>({
  id: hex,
  kind: oneOf('savepoint', 'stop'),
  attempt: hex,
  process: record<ProcessIdentity>({ host: text, pid: count, start: text }),
  createdMs: finite,
})

/** Makes the folder, so that it can be watched. */
export async function makeRequestsFolder(store: string): Promise<void> {
  await makeFolder(join(store, requestsFolder))
}

/** Leaves a request; the same one again changes nothing. */
export async function leaveRequest(store: string, request: StoreRequest): Promise<void> {
  await makeRequestsFolder(store)
  const temporary = join(store, requestsFolder, `${request.id}.tmp`)
  await writeFile(temporary, `${JSON.stringify(request)}\n`)
  await rename(temporary, fileOf(store, request.id))
}

/** Takes it back, or away after the answer. */
export async function removeRequest(store: string, id: string): Promise<void> {
  await rm(fileOf(store, id), { force: true })
}

/** All that there are, the oldest first. What is no request is left alone. */
export async function readRequests(store: string): Promise<readonly StoreRequest[]> {
  const names = await readdir(join(store, requestsFolder)).catch(nobody)
  const found = await Promise.all(
    names.map(async name => (/^[0-9a-f]{32}\.json$/.test(name) ? readRequest(store, name) : null)),
  )
  const requests = found.filter(request => request !== null)
  return requests.sort((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1))
}

/** Whether who asked still waits for the answer, as far as can be seen from here. */
export function isWaiting({ process }: StoreRequest): boolean {
  return isAlive(process)
}

async function readRequest(store: string, name: string): Promise<StoreRequest | null> {
  try {
    const file = await readFile(join(store, requestsFolder, name), 'utf8')
    const request = requestShape(JSON.parse(file), '$')
    return `${request.id}.json` === name ? request : null
  } catch (error) {
    // It was taken back meanwhile, or somebody else's file has such a name.
    if (error instanceof SyntaxError || error instanceof ShapeMismatch || hasErrno(error, 'ENOENT'))
      return null
    throw error
  }
}

function fileOf(store: string, id: string): string {
  return join(store, requestsFolder, `${id}.json`)
}

function nobody(error: unknown): string[] {
  if (hasErrno(error, 'ENOENT')) return []
  throw error
}
