/** Debian's libfaketime, with which a process sees another time of day (not another monotonic clock). */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cache = fileURLToPath(new URL('../../node_modules/.cache/headwater-faketime', import.meta.url))
const libraries = ['/usr/lib', ...['x86_64', 'aarch64'].map(machine => `/usr/lib/${machine}-linux-gnu`)]
const places = libraries.flatMap(folder =>
  ['', cache].map(root => `${root}${folder}/faketime/libfaketime.so.1`),
)

/** Offsets that tasks are tried with. */
export const wrongClocks = ['-400d', '-25h', '-90s', '+90s', '+25h', '+4000d'] as const

/** The library; null where it is not there and can't be had. Looks for it, then for its package. */
export function findFaketime(): string | null {
  const found = (): string | null => places.find(path => existsSync(path)) ?? null
  const there = found()
  if (there !== null) return there
  mkdirSync(cache, { recursive: true })
  // Downloading and unpacking needs no root.
  spawnSync('apt-get', ['download', '-q', 'libfaketime'], { cwd: cache, stdio: 'ignore' })
  const name = readdirSync(cache).find(each => each.endsWith('.deb'))
  if (name !== undefined) spawnSync('dpkg-deb', ['-x', join(cache, name), cache], { stdio: 'ignore' })
  return found()
}

/** The environment of a process whose clock is wrong by that offset; times of files stay right, as on a shared disk. */
export function wrongClock(library: string, offset: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' }
}
