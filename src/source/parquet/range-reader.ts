/**
 * A file as the decoder sees it: the part of a Blob that it uses, over an open file. The decoder traps on any failure
 * here, so what went wrong is told to `onTrouble` first; otherwise a failing disk would look like a corrupt file.
 */
import type { FileHandle } from 'node:fs/promises'
import { messageOf } from '../../errors.ts'
import type { FileTrouble } from './decode-protocol.ts'
import { readRange } from './file-mark.ts'

/** The bytes [start, end) of an open file, read when asked for. */
export class RangeReader {
  readonly size: number
  readonly #file: FileHandle
  readonly #start: number
  readonly #onTrouble: (trouble: FileTrouble) => void

  constructor(file: FileHandle, start: number, end: number, onTrouble: (trouble: FileTrouble) => void) {
    this.size = end - start
    this.#file = file
    this.#start = start
    this.#onTrouble = onTrouble
  }

  slice(start: number, end: number): RangeReader {
    return new RangeReader(this.#file, this.#start + start, this.#start + end, this.#onTrouble)
  }

  async arrayBuffer(): Promise<ArrayBufferLike> {
    const bytes = await this.#read()
    if (bytes.length === this.size) return bytes.buffer
    this.#onTrouble({ kind: 'changed', found: null })
    throw new Error('the file became shorter')
  }

  async #read(): Promise<Uint8Array> {
    try {
      return await readRange(this.#file, this.#start, this.#start + this.size)
    } catch (error) {
      this.#onTrouble({ kind: 'io', message: messageOf(error) })
      throw error
    }
  }
}
