/**
 * Damage to a savepoint that `verify` must find: bits flipped at random places of all its files, every file cut short at
 * steps of 4 KiB. The savepoint has everything in it (test/savepoint/layered.ts).
 */
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verifySavepoint } from '../../src/savepoint/verify.ts'

/** One state of each kind, nested values and decimals among them. */
export const damagedStates: readonly string[] = ['balance', 'last', 'most', 'average', 'purchases', 'by shop']

/** What was tried, and what was not found. */
export interface Damage {
  readonly tried: number
  readonly missed: readonly string[]
}

interface File {
  readonly path: string
  readonly bytes: Buffer
}

async function filesOf(savepoint: string): Promise<readonly File[]> {
  const entries = await readdir(savepoint, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return Promise.all(paths.sort().map(async path => ({ path, bytes: await readFile(path) })))
}

async function isFound(savepoint: string): Promise<boolean> {
  return !(await verifySavepoint(savepoint)).sound
}

/** Flips one bit at each of `count` places, all bytes of all files being as likely, one at a time. */
export async function flips(savepoint: string, count: number, random: () => number): Promise<Damage> {
  const files = await filesOf(savepoint)
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const missed: string[] = []
  for (let tried = 0; tried < count; tried++) {
    let at = Math.floor(random() * total)
    const file = files.find(({ bytes }) => (at < bytes.length ? true : ((at -= bytes.length), false)))!
    const bit = Math.floor(random() * 8)
    const changed = Buffer.from(file.bytes)
    changed[at]! ^= 1 << bit
    await writeFile(file.path, changed)
    if (!(await isFound(savepoint))) missed.push(`${file.path}: byte ${at}, bit ${bit}`)
    await writeFile(file.path, file.bytes)
  }
  return { tried: count, missed }
}

/** Cuts each file at every multiple of `step` below its size, and by its last byte. */
export async function truncations(savepoint: string, step: number): Promise<Damage> {
  const missed: string[] = []
  let tried = 0
  for (const { path, bytes } of await filesOf(savepoint)) {
    const lengths = Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) => i * step)
    for (const length of new Set([...lengths, bytes.length - 1])) {
      await truncate(path, length)
      tried++
      if (!(await isFound(savepoint))) missed.push(`${path}: cut to ${length}`)
      await writeFile(path, bytes)
    }
  }
  return { tried, missed }
}
