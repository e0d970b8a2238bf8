/** Reads one manifest file from disk. */
import { open } from 'node:fs/promises'
import { badData, hasErrno } from '../errors.ts'
import { closeQuietly, readNoFollow } from './durable.ts'
import { withIoErrors } from './io-errors.ts'
import { maxManifestBytes, parseManifest } from './manifest-file.ts'
import type { Manifest } from './manifest.ts'

/** A manifest by its path. Errors: those of `parseManifest`; `invalid`, code `no-such-file`; `unavailable`. */
export async function readManifest(path: string): Promise<Manifest> {
  return parseManifest(await readManifestText(path), path)
}

/** The text of a manifest file; a link or a file beyond 64 MiB is refused unread. */
export async function readManifestText(path: string): Promise<string> {
  return withIoErrors('reading the manifest', path, async () => {
    const file = await open(path, readNoFollow).catch((error: unknown) => {
      throw hasErrno(error, 'ELOOP') ? notAFile(path, 'a link') : error
    })
    try {
      const stats = await file.stat()
      if (!stats.isFile()) throw notAFile(path, 'no file')
      if (stats.size > maxManifestBytes) throw tooLarge(path, stats.size)
      return await file.readFile('utf8')
    } finally {
      await closeQuietly(file)
    }
  })
}

function notAFile(path: string, found: string): Error {
  const remedy = 'a savepoint holds its files itself: copy them in'
  return badData({ code: 'corrupt-manifest', thing: path, expected: 'a file', found, remedy })
}

function tooLarge(path: string, bytes: number): Error {
  const expected = `at most ${maxManifestBytes} bytes`
  return badData({ code: 'corrupt-manifest', thing: path, expected, found: `${bytes} bytes` })
}
