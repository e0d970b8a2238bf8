/** Where a job is: a path, a URL or a reference, and which of the file's exports. */
import { stat } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { hasErrno, invalid, messageOf, unavailable } from '../errors.ts'
import { shown } from '../record/value.ts'

/** Where a job is exported. */
export interface JobReference {
  /** The module's file. */
  readonly module: URL | string
  /** The export's name; not needed where the module exports one job only. */
  readonly export?: string
  /** Refuse any job but the one with this graph digest. */
  readonly digest?: string
}

/** A job file that is there. */
export interface JobFile {
  readonly path: string
  readonly module: URL
  readonly export: string | null
  readonly digest: string | null
}

const extensions = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

/** Finds the file; `invalid`, code `no-such-file` or `bad-job-file`. `#name` behind a path or in a URL names the export. */
export async function locateJobFile(from: string | URL | JobReference): Promise<JobFile> {
  const reference: JobReference =
    typeof from === 'object' && from !== null && 'module' in from ? from : { module: from }
  const { path, hash } = await split(reference.module)
  if (!extensions.includes(extname(path))) {
    const expected = `a file that ends in ${extensions.join(', ')}`
    throw invalid({ code: 'bad-job-file', thing: 'job file', expected, found: path })
  }
  await refuseMissing(path)
  return {
    path,
    module: pathToFileURL(path),
    export: reference.export ?? hash,
    digest: reference.digest ?? null,
  }
}

interface Address {
  readonly path: string
  readonly hash: string | null
}

async function split(module: string | URL): Promise<Address> {
  if (module instanceof URL || (typeof module === 'string' && module.startsWith('file:')))
    return ofUrl(new URL(module))
  if (typeof module !== 'string') {
    throw invalid({
      code: 'bad-job-file',
      thing: 'job file',
      expected: 'a path or a URL',
      found: shown(module),
    })
  }
  const at = module.lastIndexOf('#')
  if (at < 0 || (await exists(module))) return { path: resolve(module), hash: null }
  return { path: resolve(module.slice(0, at)), hash: module.slice(at + 1) || null }
}

function ofUrl(url: URL): Address {
  if (url.protocol !== 'file:') {
    throw invalid({ code: 'bad-job-file', thing: 'job file', expected: 'a file: URL', found: url.href })
  }
  return { path: fileURLToPath(url), hash: decodeURIComponent(url.hash.slice(1)) || null }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function refuseMissing(path: string): Promise<void> {
  try {
    const found = await stat(path)
    if (found.isFile()) return
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR')) {
      throw unavailable({ code: 'unreadable-file', thing: path, found: messageOf(error), cause: error })
    }
    const remedy = 'name the file that exports the job'
    throw invalid({ code: 'no-such-file', thing: 'job file', expected: path, found: 'nothing there', remedy })
  }
  throw invalid({ code: 'bad-job-file', thing: path, expected: 'a file', found: 'something else' })
}
