/** Reads one manifest file from disk. */
import { badData } from '../errors.ts'
import { closeQuietly } from './durable.ts'
import { withIoErrors } from './io-errors.ts'
import { maxManifestBytes, parseManifest } from './manifest-file.ts'
import type { Manifest } from './manifest.ts'
import { openRegularFile } from './regular-file.ts'

/** A manifest by its path. Errors: those of `parseManifest`; `invalid`, code `no-such-file`; `unavailable`. */
export async function readManifest(path: string): Promise<Manifest> {
  return parseManifest(await readManifestText(path), path)
}

/** The text of a manifest file; a link or a file beyond 64 MiB is refused unread. */
export async function readManifestText(path: string): Promise<string> {
  return (await readManifestBytes(path)).toString()
}

/** The same as bytes. */
export async function readManifestBytes(path: string): Promise<Buffer> {
  const { file, bytes } = await openRegularFile(path, 'corrupt-manifest')
  try {
    if (bytes > maxManifestBytes) throw tooLarge(path, bytes)
    return await withIoErrors('reading the manifest', path, () => file.readFile())
  } finally {
    await closeQuietly(file)
  }
}

function tooLarge(path: string, bytes: number): Error {
  const expected = `at most ${maxManifestBytes} bytes`
  return badData({ code: 'corrupt-manifest', thing: path, expected, found: `${bytes} bytes` })
}
