/** From patterns to files: which files a history has, always in the same order. The only importer of tinyglobby. */
import { readdir, realpath, stat } from 'node:fs'
import type { Dirent, Stats } from 'node:fs'
import { stat as statOf } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { escapePath, glob, isDynamicPattern } from 'tinyglobby'
import type { GlobOptions } from 'tinyglobby'
import { hasErrno, invalid, messageOf, unavailable } from '../../errors.ts'

/**
 * The files that the patterns match, each once, ordered by path: segment by segment, in code-unit order. `*`, `**`,
 * `?`, `[..]` and `{a,b}` match as in a shell, names that begin with a dot only where the pattern says so; `!pattern`
 * takes files away; a folder stands for all `.parquet` files below it. Paths are relative to `cwd` where the pattern is.
 * Errors: `invalid` `empty-glob` for a pattern without a file, `unavailable` `unreadable-folder`.
 */
export async function findFiles(patterns: readonly string[], cwd: string): Promise<string[]> {
  const wanted = patterns.filter(pattern => !pattern.startsWith('!'))
  const ignore = patterns.filter(pattern => pattern.startsWith('!')).map(pattern => pattern.slice(1))
  if (wanted.length === 0) throw emptyGlob(patterns.join(' '), cwd, 'no pattern')
  const found = new Set<string>()
  for (const pattern of wanted) {
    const paths = await matching(pattern, ignore, cwd)
    if (paths.length === 0) throw emptyGlob(pattern, cwd, 'no such file')
    for (const path of paths) found.add(path)
  }
  return [...found].sort(comparePaths)
}

/** The order of files: folder by folder, so that a file never stands between the files of a folder. */
export function comparePaths(a: string, b: string): number {
  const left = a.split('/')
  const right = b.split('/')
  const common = Math.min(left.length, right.length)
  for (let i = 0; i < common; i++) {
    const [l, r] = [left[i]!, right[i]!]
    if (l !== r) return l < r ? -1 : 1
  }
  return left.length - right.length
}

async function matching(pattern: string, ignore: readonly string[], cwd: string): Promise<string[]> {
  const errors: unknown[] = []
  const paths = await glob(await searched(pattern, cwd), {
    cwd,
    ignore,
    absolute: isAbsolute(pattern),
    expandDirectories: false,
    fs: watchedFileSystem(errors),
  })
  if (errors.length === 0) return paths
  const remedy = 'make the folder readable, or narrow the pattern'
  throw unavailable({
    code: 'unreadable-folder',
    thing: pattern,
    found: messageOf(errors[0]),
    remedy,
    cause: errors[0],
  })
}

/** The pattern itself, or for the name of a folder everything in it. A name that exists is never taken for a pattern. */
async function searched(pattern: string, cwd: string): Promise<string> {
  const plain = pattern.length > 1 ? pattern.replace(/\/+$/, '') : pattern
  const entry = await statOf(resolve(cwd, plain)).catch(() => null)
  if (entry === null) return pattern
  const name = isDynamicPattern(plain) ? escapePath(plain) : plain
  return entry.isDirectory() ? `${name}/**/*.parquet` : name
}

// tinyglobby goes on where the file system fails. A folder that can't be listed would be a silent hole in the history,
// and so would a link that can't be followed: the first is reported, the second kept as a file, which opening reports.

type Done<T> = (error: NodeJS.ErrnoException | null, value: T) => void

function watchedFileSystem(errors: unknown[]): NonNullable<GlobOptions['fs']> {
  const list = (path: string, options: { withFileTypes: true }, done: Done<Dirent[]>): void => {
    readdir(path, options, (error, entries) => {
      if (error && !hasErrno(error, 'ENOENT', 'ENOTDIR')) errors.push(error)
      done(error, entries)
    })
  }
  const follow = (path: string, done: Done<string>): void => {
    realpath(path, (error, target) => done(null, error ? path : target))
  }
  const look = (path: string, done: Done<Stats>): void => {
    stat(path, (error, stats) => done(null, error ? unknownFile : stats))
  }
  return { readdir: list, realpath: follow, stat: look } as unknown as NonNullable<GlobOptions['fs']>
}

const unknownFile = {
  isDirectory: () => false,
  isFile: () => true,
  isSymbolicLink: () => false,
} as unknown as Stats

function emptyGlob(pattern: string, cwd: string, found: string): Error {
  const remedy = `check the pattern; it is looked up in ${cwd}`
  return invalid({
    code: 'empty-glob',
    thing: `history '${pattern}'`,
    expected: 'at least one file',
    found,
    remedy,
  })
}
