/**
 * Imports a job file: TypeScript by jiti, JavaScript by Node itself and, where that can't, by jiti. A file that Node
 * can't link is most often one outside any node_modules, for which there is no `headwater`; jiti hands it the library that
 * is running. The only file that imports jiti, and only when needed.
 */
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'
import { hasErrno } from '../errors.ts'
import { privateCacheFolder } from './cache-folder.ts'
import type { Exports } from './exported-jobs.ts'
import { jobFileError } from './job-file-error.ts'

/** What the file exports; errors as in load.ts, with file and line where they are known. */
export async function importJobFile(path: string): Promise<Exports> {
  return ['.js', '.mjs', '.cjs'].includes(extname(path)) ? importJavaScript(path) : importByJiti(path)
}

async function importJavaScript(path: string): Promise<Exports> {
  try {
    return (await import(pathToFileURL(path).href)) as Exports
  } catch (error) {
    if (isUnlinked(error)) return importByJiti(path)
    // Node does not tell where a syntax error of a module is; jiti does.
    if (error instanceof SyntaxError && !error.stack?.includes(path)) await importByJiti(path)
    throw jobFileError(error, path)
  }
}

async function importByJiti(path: string): Promise<Exports> {
  const cache = await privateCacheFolder()
  const jiti = await jitiFor(path, cache ?? false)
  try {
    return await jiti.import<Exports>(path)
  } catch (error) {
    if (cache !== null && isFullDisk(error)) return importUncached(path)
    throw jobFileError(error, path)
  }
}

/** A cache that can't be written is no reason not to run. */
async function importUncached(path: string): Promise<Exports> {
  const jiti = await jitiFor(path, false)
  try {
    return await jiti.import<Exports>(path)
  } catch (error) {
    throw jobFileError(error, path)
  }
}

function isFullDisk(error: unknown): boolean {
  return hasErrno(error, 'ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS')
}

/** Errors before anything of the module ran, in what Node can't resolve and jiti might. */
function isUnlinked(error: unknown): boolean {
  const codes = [
    'ERR_MODULE_NOT_FOUND',
    'MODULE_NOT_FOUND',
    'ERR_UNKNOWN_FILE_EXTENSION',
    'ERR_UNSUPPORTED_DIR_IMPORT',
  ]
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

async function jitiFor(path: string, fsCache: string | false): Promise<Jiti> {
  const { createJiti } = await import('jiti')
  const headwater: unknown = await import(libraryEntry())
  return createJiti(path, {
    fsCache,
    moduleCache: true,
    interopDefault: false,
    virtualModules: { headwater },
  })
}

/** The library that is running: its source, or the file beside this one in the bundle, where all files lie flat. */
function libraryEntry(): string {
  return new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : './index.js', import.meta.url).href
}
