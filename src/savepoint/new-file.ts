/**
 * A file that must not exist yet, written in large pieces. Writing is synchronous, to the page cache: it is as fast as a
 * copy, and an error arises where the bytes are. Only making it durable waits.
 */
import { closeSync, fsync, openSync, rmSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { ByteChunks } from '../codec/byte-chunks.ts'
import { ioError, withIoErrors } from './io-errors.ts'

/** Bytes collected before they are written. */
const pieceBytes = 1024 * 1024

const syncFile = promisify(fsync)

/** The file. `abandon` may be called at any time and removes it. */
export class NewFile {
  readonly path: string
  readonly #chunks = new ByteChunks()
  #waiting = 0
  #descriptor: number | null = null
  #made = false
  bytes = 0
  /** Over all bytes so far. */
  crc32 = 0

  constructor(path: string) {
    this.path = path
  }

  /** Adds bytes, which must not change before they are written. */
  write(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.bytes += chunk.length
    this.crc32 = crc32(chunk, this.crc32)
    this.#waiting += chunk.length
    if (this.#waiting >= pieceBytes) this.#flush()
  }

  /** Writes the rest, makes it durable and closes it. */
  async finish(): Promise<void> {
    this.#flush()
    await withIoErrors('making a file durable', this.path, () => syncFile(this.#descriptor!))
    this.#close()
  }

  /** Closes and removes what there is; never throws. */
  abandon(): void {
    try {
      this.#close()
      if (this.#made) rmSync(this.path, { force: true })
    } catch {
      // what is left has a name that no manifest knows, and the next attempt removes it
    }
  }

  #flush(): void {
    const piece = this.#chunks.take()
    this.#waiting = 0
    try {
      this.#descriptor ??= openSync(this.path, 'wx')
      this.#made = true
      for (let at = 0; at < piece.length;) at += writeSync(this.#descriptor, piece, at)
    } catch (error) {
      this.abandon()
      throw ioError(error, 'writing', this.path)
    }
  }

  #close(): void {
    if (this.#descriptor === null) return
    const descriptor = this.#descriptor
    this.#descriptor = null
    closeSync(descriptor)
  }
}
