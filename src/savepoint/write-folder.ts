/** A folder that one attempt writes segments to. Names are unique to the attempt: only a manifest makes them visible. */
import { join } from 'node:path'

/** Where segments are kept, below a savepoint or a store of checkpoints. */
export const segmentsFolder = 'segments'

/** A folder with `segments/`, and who is writing to it. */
export interface WriteFolder {
  readonly path: string
  /** 32 hexadecimal digits. */
  readonly attempt: string
  /** Where the manifest is written before it is linked, relative to `path`. Whoever removes it ends the attempt. */
  readonly scratch: string
  /** A fresh name for a segment of that state. */
  segmentName(uid: string, state: string): string
}

/** The file of a segment's blocks. */
export function segmentPath(folder: string, name: string): string {
  return join(folder, segmentsFolder, `${name}.arrow`)
}

/** The file of a segment's block index. */
export function indexPath(folder: string, name: string): string {
  return join(folder, segmentsFolder, `${name}.index.json`)
}

/** A file that a writer of segments made: which attempt's; null for any other name. */
export function attemptOfSegmentFile(file: string): string | null {
  const parts = /^[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9_-]{1,40}\.([0-9a-f]{32})\.\d+\.(?:arrow|index\.json)$/.exec(
    file,
  )
  return parts?.[1] ?? null
}

/** Names `UID.STATE.ATTEMPT.NUMBER`, the first two reduced to what every file system takes. */
export function segmentNamer(attempt: string): (uid: string, state: string) => string {
  let number = 0
  return (uid, state) => `${plain(uid)}.${plain(state)}.${attempt}.${++number}`
}

function plain(name: string): string {
  const safe = name.slice(0, 40).replaceAll(/[^A-Za-z0-9_-]/g, '_')
  return /^[A-Za-z0-9]/.test(safe) ? safe : `x${safe.slice(0, 39)}`
}
