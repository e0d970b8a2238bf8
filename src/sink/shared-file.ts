/** Two sinks that write one file would overwrite each other. */
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { invalid } from '../errors.ts'
import type { Sink } from './sink.ts'

/** Throws `invalid`, code `same-sink-file`, where two sinks have one file, by whatever names; opens nothing. */
export async function refuseSharedFile(sinks: ReadonlyMap<string, Sink>): Promise<void> {
  const owners = new Map<string, string>()
  for (const [name, { file }] of sinks) {
    if (file === undefined) continue
    const place = await placeOf(resolve(file))
    const other = owners.get(place)
    if (other !== undefined) {
      throw invalid({
        code: 'same-sink-file',
        thing: `sinks ${other} and ${name}`,
        expected: 'a file each',
        found: file,
        remedy: 'give each sink a file of its own',
      })
    }
    owners.set(place, name)
  }
}

/** The file itself where it is there, as links may lead to it; else its name in its folder. */
async function placeOf(path: string): Promise<string> {
  const there = await stat(path, { bigint: true }).catch(() => null) // opening it says what is wrong with it
  if (there !== null) return `${there.dev}:${there.ino}`
  return join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path))
}
