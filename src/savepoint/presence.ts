/**
 * Who is at work in a store: a file a process in `alive/`, named after it, so that one look tells whom a collection must
 * spare. A process that died leaves its file; it counts no more.
 *
 * P1. An owner's file is there before its first segment, and then it looks for collectors; a collector's file is there
 *     before it looks for owners. So of the two at least one sees the other: the collector leaves all that no manifest
 *     names, or the owner waits.
 * P2. A reader's file names the segments that it reads; it is there before the reader looks whether its manifest still
 *     is. A collector removes manifests before it looks for readers.
 */
import { lstat, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { badData, conflict, hasErrno } from '../errors.ts'
import { isAlive, thisProcess, type ProcessIdentity } from '../source/file-log/process-identity.ts'
import { removeAtExit } from './exit-files.ts'
import { withIoErrors } from './io-errors.ts'

/** Where the files are, below a store. */
export const aliveFolder = 'alive'

/** `owner`: commits · `reader`: reads the segments that its file names · `collector`: removes files. */
export type Role = 'owner' | 'reader' | 'collector'

/** Somebody at work. */
export interface Presence {
  readonly file: string
  readonly role: Role
  readonly process: ProcessIdentity
  /** Random: of an owner its attempt. */
  readonly id: string
}

/** This process, as others see it in a store. */
export interface Appearance {
  /** A reader's: these segments alone are read from now on. Never throws. */
  reads(segments: readonly string[]): Promise<void>
  /** Shows to other machines that it is at work still. Never throws. */
  stay(clock: Clock): Promise<void>
  /** Never throws. */
  disappear(): Promise<void>
}

/** A process of another machine can't be asked; its file counts for a day since it last showed that it is there. */
const strangerMs = 24 * 3_600_000

const pattern = /^(owner|reader|collector)\.([^.]*)\.(\d+)\.([^.]*)\.([0-9a-f]{32})$/

/**
 * Leaves a file for this process. A reader may read any segment until it says which. Errors: `data`, code
 * `corrupt-savepoint`, where `alive` leads elsewhere; `unavailable`.
 */
export async function appear(store: string, role: Role, id: string): Promise<Appearance> {
  const { host, pid, start } = thisProcess()
  const folder = join(store, aliveFolder)
  const name = `${role}.${encodeURIComponent(host).replaceAll('.', '%2E')}.${pid}.${start}.${id}`
  const path = join(folder, name)
  return withIoErrors('saying that this process is at work', folder, async () => {
    await mkdir(folder, { recursive: true })
    if (!(await lstat(folder)).isDirectory()) throw leadsElsewhere(folder)
    const appearance = appearanceOf(path, removeAtExit(path))
    try {
      await writeFile(path, '')
      return appearance
    } catch (error) {
      await appearance.disappear()
      throw error
    }
  })
}

function appearanceOf(path: string, forget: () => void): Appearance {
  return {
    // Where it can't be said, all of them stay.
    reads: segments =>
      writeFile(path, segments.map(segment => `${segment}\n`).join('') + '\n').catch(() => undefined),
    stay: async clock => {
      const now = clock.now() / 1000
      await utimes(path, now, now)
        .catch(() => writeFile(path, ''))
        .catch(() => undefined)
    },
    disappear: async () => {
      await rm(path, { force: true }).catch(() => undefined)
      forget()
    },
  }
}

/** All who live. */
export async function present(store: string, clock: Clock): Promise<readonly Presence[]> {
  return (await everybody(store, clock)).filter(({ lives }) => lives).map(({ presence }) => presence)
}

/** The files of those who died, relative to the store. */
export async function deadPresences(store: string, clock: Clock): Promise<readonly string[]> {
  const dead = (await everybody(store, clock)).filter(({ lives }) => !lives)
  return dead.map(({ presence }) => `${aliveFolder}/${presence.file}`)
}

/** The segments that living readers read; null when one has not said (or not to the end) which, and may read any. */
export async function pinnedSegments(store: string, clock: Clock): Promise<ReadonlySet<string> | null> {
  const pinned = new Set<string>()
  for (const { role, file } of await present(store, clock)) {
    if (role !== 'reader') continue
    const text = await readFile(join(store, aliveFolder, file), 'utf8').catch(gone)
    if (text === null) continue
    if (!text.endsWith('\n\n') && text !== '\n') return null
    for (const name of text.split('\n')) if (name !== '') pinned.add(name)
  }
  return pinned
}

/** Waits until nobody collects. Errors: `conflict`, code `being-collected`, after ten seconds. */
export async function untilNobodyCollects(store: string, clock: Clock): Promise<void> {
  for (let tries = 0; ; tries++) {
    const collector = (await present(store, clock)).find(({ role }) => role === 'collector')
    if (collector === undefined) return
    if (tries === 200) throw beingCollected(store, collector)
    await clock.sleep(50)
  }
}

async function everybody(
  store: string,
  clock: Clock,
): Promise<readonly { readonly presence: Presence; readonly lives: boolean }[]> {
  const names = (await readdir(join(store, aliveFolder)).catch(gone)) ?? []
  return Promise.all(
    names.flatMap(file => {
      const [, role, host, pid, start, id] = pattern.exec(file) ?? []
      if (role === undefined) return []
      const identity = { host: decodeURIComponent(host!), pid: Number(pid), start: start! }
      const presence = { file, role: role as Role, process: identity, id: id! }
      return [livesOn(store, presence, clock).then(lives => ({ presence, lives }))]
    }),
  )
}

async function livesOn(store: string, presence: Presence, clock: Clock): Promise<boolean> {
  if (!isAlive(presence.process)) return false
  if (presence.process.host === thisProcess().host) return true
  const stats = await stat(join(store, aliveFolder, presence.file)).catch(gone)
  return stats !== null && clock.now() - stats.mtimeMs < strangerMs
}

function gone(error: unknown): null {
  if (hasErrno(error, 'ENOENT')) return null
  throw error
}

function beingCollected(store: string, { file, process }: Presence): Error {
  return conflict({
    code: 'being-collected',
    thing: store,
    expected: 'no collection under way',
    found: `process ${process.pid} on ${process.host} collects`,
    remedy: `let it end; if it is gone for good, remove ${aliveFolder}/${file}`,
  })
}

function leadsElsewhere(thing: string): Error {
  const remedy = 'copy the whole folder of checkpoints'
  return badData({ code: 'corrupt-savepoint', thing, expected: 'a folder', found: 'a link', remedy })
}
