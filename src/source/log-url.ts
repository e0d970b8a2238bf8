/** Logs by their address, as the command line takes them: `file:DIR`. */
import { invalid } from '../errors.ts'
import { fileLog, type FileLogOptions } from './file-log/file-log.ts'
import type { Log } from './log.ts'

/** The schemes there are, each with the form of its address. */
const forms = { file: 'file:DIR' } as const

/** The log at that address; nothing is opened yet. Errors: `invalid` `unknown-log-scheme`, `bad-log-address`. */
export function openLog(address: string, options: FileLogOptions = {}): Log {
  return fileLog(fileLogFolder(address), options)
}

/** The folder of a `file:` address, for what only a file log can do. Errors as `openLog`. */
export function fileLogFolder(address: string): string {
  const scheme = /^([a-z][a-z0-9+-]*):/i.exec(address)?.[1]
  const known = Object.values(forms).join(', ')
  if (scheme !== 'file') {
    const found = scheme === undefined ? 'no scheme' : `${scheme}:`
    const remedy = scheme === undefined ? `write file:${address}` : 'use one of them'
    throw invalid({ code: 'unknown-log-scheme', thing: `log '${address}'`, expected: known, found, remedy })
  }
  const dir = address.slice('file:'.length)
  if (dir !== '' && !dir.startsWith('//')) return dir
  const remedy = 'file:log/purchases is relative to the working folder, file:/var/log/purchases is not'
  throw invalid({
    code: 'bad-log-address',
    thing: `log '${address}'`,
    expected: known,
    found: 'no folder',
    remedy,
  })
}
