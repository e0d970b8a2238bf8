/**
 * Records that could not be used, kept beside a savepoint or checkpoints: `bad/SOURCE.CRC32….parquet`. They are no part of the
 * state and no manifest names them, so each bears its own checksum, crc32 in eight hexadecimal digits, in its name.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { hasErrno } from '../errors.ts'
import { badFolder } from './attempt-folder.ts'
import type { Findings } from './findings.ts'
import { withIoErrors } from './io-errors.ts'

/** Where a file of these bytes belongs. `rest`: what tells it from others of its source, joined with points. */
export function badFilePath(
  folder: string,
  source: string,
  bytes: Uint8Array,
  ...rest: readonly string[]
): string {
  const name = [source, crc32(bytes).toString(16).padStart(8, '0'), ...rest, 'parquet'].join('.')
  return join(folder, badFolder, name)
}

/** Checks every kept file against its name. */
export async function verifyBadFiles(folder: string, findings: Findings): Promise<void> {
  const path = join(folder, badFolder)
  for (const name of await namesIn(path)) {
    const file = join(path, name)
    const [, expected] = /\.([0-9a-f]{8})(?:\.[\d-]+\.[0-9a-f]{32})?\.parquet$/.exec(name) ?? []
    if (expected === undefined || name.startsWith('.')) {
      findings.warning(file, 'no file of bad records that was written to its end')
      continue
    }
    await findings.collect(async () => {
      const found = crc32(await withIoErrors('reading bad records', file, () => readFile(file)))
      if (found !== Number.parseInt(expected, 16))
        findings.error(file, `expected crc32 ${expected}, found ${found.toString(16).padStart(8, '0')}`)
    })
  }
}

async function namesIn(path: string): Promise<readonly string[]> {
  return withIoErrors('listing the bad records', path, () =>
    readdir(path).catch((error: unknown) => {
      if (hasErrno(error, 'ENOENT')) return []
      throw error
    }),
  )
}
