/**
 * Mutations of a savepoint's files. Most of them have their checksums computed again, so that what they say is believed
 * until somebody looks closer. Each tells what it did, for whoever repeats it.
 */
import { readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { manifestDigestOf } from '../../src/savepoint/manifest-file.ts'
import type { Manifest } from '../../src/savepoint/manifest.ts'
import { foreignHeads } from './foreign-heads.ts'
import { randomFrom } from './random.ts'

type Random = () => number

// JSON that is about to be spoiled.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)]!

/** Mutates the savepoint or store in the folder. */
export async function mutate(folder: string, random: Random): Promise<string> {
  const mutations = [
    inManifest,
    inManifest,
    inIndex,
    inIndex,
    inArrow,
    inArrow,
    inArrow,
    inHead,
    inFiles,
    inAny,
  ]
  return pick(random, mutations)(folder, random)
}

async function newestManifest(folder: string): Promise<string> {
  const names = await readdir(folder)
  if (names.includes('manifest.json')) return join(folder, 'manifest.json')
  const numbers = (await readdir(join(folder, 'manifests'))).filter(name => name.endsWith('.json'))
  return join(folder, 'manifests', numbers.sort().at(-1)!)
}

/** Stands for a value that is nested too deep for `JSON.stringify`. */
const deep = '@deep@'
const depth = 50_000

function textOf(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(
    `"${deep}"`,
    () => '['.repeat(depth) + ']'.repeat(depth),
  )
}

/** Writes the manifest with a digest of its own, if it has one. */
async function seal(path: string, manifest: Loose): Promise<void> {
  try {
    manifest.manifestDigest = manifestDigestOf(manifest as Manifest)
  } catch {
    // Too deep, or no object any more: refused before its digest is looked at.
  }
  await writeFile(path, `${textOf(manifest, 2)}\n`)
}

const wildNumbers = [
  -1,
  0,
  1,
  2,
  7,
  0.5,
  255,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  1e300,
]
const wildTexts = [
  '',
  '..',
  '../../etc/passwd',
  '/etc/passwd',
  'a/b',
  'a\\b',
  '\u0000',
  '\ud800',
  '__proto__',
  'x'.repeat(70_000),
]

function wild(random: Random): unknown {
  const nestedType = (): unknown => {
    let type: unknown = { kind: 'int32' }
    for (let i = 0; i < pick(random, [20, 31, 32, 33, 90]); i++) type = { kind: 'list', of: type }
    return type
  }
  return pick<() => unknown>(random, [
    () => pick(random, wildNumbers),
    () => pick(random, wildNumbers),
    () => pick(random, wildTexts),
    () => null,
    () => [],
    () => ({}),
    () => true,
    () => Array.from({ length: 20_000 }, (_, i) => i),
    () => deep,
    nestedType,
    () => ({ kind: pick(random, ['map', 'struct', 'decimal', 'enum', 'optional', 'bytes', 'timestamp']) }),
  ])()
}

/** All places of a JSON value: a container and a name in it. */
function places(value: Loose, found: [Loose, string][] = []): [Loose, string][] {
  if (typeof value !== 'object' || value === null) return found
  for (const name of Object.keys(value as object)) {
    found.push([value, name])
    places(value[name], found)
  }
  return found
}

/** Changes one place of a JSON value to something else. */
function spoil(value: Loose, random: Random): string {
  const [container, name] = pick(random, places(value))
  const all = Object.keys(container as object)
  const kind = pick(random, ['replace', 'replace', 'nudge', 'remove', 'add', 'copy', 'swap'])
  const old: unknown = container[name]
  if (kind === 'replace') container[name] = wild(random)
  if (kind === 'nudge')
    container[name] = typeof old === 'number' ? old + pick(random, [-8, -1, 1, 8]) : wild(random)
  if (kind === 'remove') Array.isArray(container) ? container.splice(Number(name), 1) : delete container[name]
  if (kind === 'add')
    Array.isArray(container) ? container.push(wild(random)) : (container['stranger'] = wild(random))
  const other = pick(random, all)
  if (kind === 'copy') container[other] = structuredClone(old)
  if (kind === 'swap') [container[name], container[other]] = [container[other], old]
  const after = JSON.stringify(container[name])?.slice(0, 60)
  return `${kind} ${name}: ${JSON.stringify(old)?.slice(0, 60)} to ${after}`
}

async function inManifest(folder: string, random: Random): Promise<string> {
  const path = await newestManifest(folder)
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  const what = Array.from({ length: pick(random, [1, 1, 2]) }, () => spoil(manifest, random))
  await seal(path, manifest)
  return `manifest: ${what.join('; ')}`
}

interface Chosen {
  readonly path: string
  readonly manifest: Loose
  readonly info: Loose
  readonly arrowPath: string
  readonly indexPath: string
}

async function chosenSegment(folder: string, random: Random): Promise<Chosen> {
  const path = await newestManifest(folder)
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  const layers = manifest.operators.flatMap((each: Loose) =>
    each.states.flatMap((state: Loose) => state.layers),
  )
  const info = pick<Loose>(
    random,
    layers.flatMap((layer: Loose) => layer.segments),
  )
  const at = join(folder, 'segments', info.name as string)
  return { path, manifest, info, arrowPath: `${at}.arrow`, indexPath: `${at}.index.json` }
}

/** Makes index and manifest believe the bytes. */
async function believe(chosen: Chosen, arrow: Buffer, indexText: string): Promise<void> {
  const { info, path, manifest } = chosen
  await writeFile(chosen.arrowPath, arrow)
  await writeFile(chosen.indexPath, indexText)
  Object.assign(info, { bytes: arrow.length, crc32: crc32(arrow) })
  info.index = { bytes: Buffer.byteLength(indexText), crc32: crc32(indexText) }
  await seal(path, manifest)
}

/** The index of the bytes, block checksums as they are now. */
function indexOf(index: Loose, arrow: Buffer): string {
  for (const line of index.blocks) {
    const [offset, metadata, body] = line as number[]
    line[4] = crc32(arrow.subarray(offset, offset! + metadata! + body!))
  }
  return `{"formatVersion":1,"blocks":[\n${index.blocks.map((line: Loose) => JSON.stringify(line)).join(',\n')}\n]}\n`
}

async function inIndex(folder: string, random: Random): Promise<string> {
  const chosen = await chosenSegment(folder, random)
  const index = JSON.parse(await readFile(chosen.indexPath, 'utf8'))
  const arrow = await readFile(chosen.arrowPath)
  const what = spoil(random() < 0.8 ? { blocks: index.blocks } : index, random)
  if (Array.isArray(index.blocks) && random() < 0.5) chosen.info.blocks = index.blocks.length
  await believe(chosen, arrow, textOf(index))
  return `index of ${chosen.info.name}: ${what}`
}

const wild32 = [0, 1, -1, 4, 8, 255, 0x7fffffff, -0x80000000, 0x10000, 0x1000000]

/** Overwrites some bytes between two places. */
function overwrite(bytes: Buffer, start: number, end: number, random: Random): string {
  const at = start + Math.floor(random() * Math.max(1, end - start))
  const aligned = Math.min(at & ~3, bytes.length - 4)
  switch (pick(random, ['bit', 'byte', 'word', 'word', 'long'])) {
    case 'bit':
      bytes[at]! ^= 1 << Math.floor(random() * 8)
      return `bit of byte ${at}`
    case 'byte':
      bytes[at] = pick(random, [0, 1, 0x7f, 0x80, 0xff])
      return `byte ${at} to ${bytes[at]}`
    case 'word':
      bytes.writeInt32LE(pick(random, wild32), aligned)
      return `word at ${aligned} to ${bytes.readInt32LE(aligned)}`
    default:
      bytes.writeInt32LE(pick(random, wild32), aligned)
      if (aligned + 8 <= bytes.length) bytes.writeInt32LE(pick(random, wild32), aligned + 4)
      return `two words at ${aligned}`
  }
}

/** Brings the key groups of a block's first and last row into the wrong order; in a segment where they differ. */
export async function disorder(folder: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const chosen = await chosenSegment(folder, randomFrom(tries))
    const index = JSON.parse(await readFile(chosen.indexPath, 'utf8'))
    const arrow = await readFile(chosen.arrowPath)
    const [offset, metadata, , rows] = index.blocks[0] as [number, number, number, number]
    const first = offset + metadata // the groups are the first buffer of the body
    const last = first + 2 * (rows - 1)
    const [a, b] = [arrow.readUInt16LE(first), arrow.readUInt16LE(last)]
    if (a === b) continue
    arrow.writeUInt16LE(b, first)
    arrow.writeUInt16LE(a, last)
    index.blocks[0][5] = b
    return believe(chosen, arrow, indexOf(index, arrow))
  }
}

/** Blocks, head and footer, metadata more often than values. */
async function inArrow(folder: string, random: Random): Promise<string> {
  const chosen = await chosenSegment(folder, random)
  const index = JSON.parse(await readFile(chosen.indexPath, 'utf8'))
  const arrow = await readFile(chosen.arrowPath)
  const last = index.blocks.at(-1) as number[]
  const [offset, metadata, body] = pick(random, index.blocks as number[][])
  const ranges: [number, number][] = [
    [offset!, offset! + metadata!],
    [offset!, offset! + metadata!],
    [offset! + metadata!, offset! + metadata! + body!],
    [0, index.blocks[0][0]],
    [last[0]! + last[1]! + last[2]!, arrow.length],
  ]
  const [start, end] = pick(random, ranges)
  const what = Array.from({ length: pick(random, [1, 1, 2, 4]) }, () => overwrite(arrow, start, end, random))
  await believe(chosen, arrow, indexOf(index, arrow))
  return `${chosen.info.name}.arrow: ${what.join('; ')}`
}

/** Another beginning of the file than this state's schema: dictionaries, other messages, lengths that are lies. */
async function inHead(folder: string, random: Random): Promise<string> {
  const chosen = await chosenSegment(folder, random)
  const index = JSON.parse(await readFile(chosen.indexPath, 'utf8'))
  const arrow = await readFile(chosen.arrowPath)
  const [name, make] = pick(random, foreignHeads)
  const start = index.blocks[0][0] as number
  const head = Buffer.from(make(arrow.subarray(0, start), arrow.subarray(start)))
  const what = random() < 0.6 ? overwrite(head, 8, head.length, random) : 'as it is'
  const moved = Buffer.concat([head, arrow.subarray(start)])
  for (const line of index.blocks) line[0] += head.length - start
  await believe(chosen, moved, indexOf(index, moved))
  return `head of ${chosen.info.name}: ${name}, ${what}`
}

/** Files that are missing, links, folders, each other's. */
async function inFiles(folder: string, random: Random): Promise<string> {
  const { arrowPath, indexPath, path } = await chosenSegment(folder, random)
  const file = pick(random, [arrowPath, indexPath, path])
  const kind = pick(random, [
    'removed',
    'link',
    'device',
    'loop',
    'exchanged',
    'empty',
    'long',
    'segments link',
  ])
  if (kind === 'exchanged') {
    await rename(arrowPath, `${arrowPath}.moved`)
    await rename(indexPath, arrowPath)
    await rename(`${arrowPath}.moved`, indexPath)
    return `${kind} ${arrowPath}`
  }
  if (kind === 'segments link') {
    await rename(join(folder, 'segments'), join(folder, 'elsewhere'))
    await symlink('elsewhere', join(folder, 'segments'))
    return kind
  }
  const bytes = await readFile(file)
  if (kind === 'empty') await writeFile(file, '')
  else if (kind === 'long') await writeFile(file, Buffer.concat([bytes, bytes]))
  else await rm(file)
  if (kind === 'link') {
    await writeFile(`${file}.target`, bytes)
    await symlink(`${file}.target`, file)
  }
  if (kind === 'device') await symlink('/dev/zero', file)
  if (kind === 'loop') await symlink(file, file)
  return `${kind} ${file}`
}

/** Any bytes of any file, and no checksum computed again. */
async function inAny(folder: string, random: Random): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const path = pick(random, files.sort())
  const bytes = await readFile(path)
  if (bytes.length < 8) return `${path}: nothing`
  const what = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
    overwrite(bytes, 0, bytes.length, random),
  )
  await writeFile(path, random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes)
  return `${path}: ${what.join('; ')}`
}
