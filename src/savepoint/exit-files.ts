/** Files that say that this process is at work: removed when it ends, also where nothing can be awaited any more. */
import { rmSync } from 'node:fs'

const paths = new Set<string>()
let listens = false
let onFirst: () => void = () => undefined

/** The file goes when the process exits; the answer takes that back. A process that is killed leaves it. */
export function removeAtExit(path: string): () => void {
  if (!listens) {
    process.on('exit', removeNow)
    onFirst()
  }
  listens = true
  paths.add(path)
  return () => paths.delete(path)
}

/** Removes them at once. Never throws. */
export function removeNow(): void {
  for (const path of paths) {
    try {
      rmSync(path, { force: true })
    } catch {
      // it tells of a process that is dead
    }
  }
  paths.clear()
}

/** Told when there is a first file: a program then listens for the signals that end it. */
export function onFirstFile(listener: () => void): void {
  onFirst = listener
}
