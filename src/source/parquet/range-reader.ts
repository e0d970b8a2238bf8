/**
 * A file as the decoder sees it: the part of a Blob that it uses, over an open file and a footer of ours. The decoder
 * traps on any failure here, so what went wrong is told to `onTrouble` first; otherwise a failing disk would look like a
 * corrupt file.
 */
import type { FileHandle } from 'node:fs/promises'
import { messageOf } from '../../errors.ts'
import type { FileTrouble } from './decode-protocol.ts'
import { readRange } from './file-mark.ts'

/** What the bytes come from. */
export interface RangeSource {
  readonly file: FileHandle
  /** The file up to `footerStart`, then these. */
  readonly footer: Uint8Array
  readonly footerStart: number
  readonly onTrouble: (trouble: FileTrouble) => void
}

/** The bytes [start, end) of a file, read when asked for. */
export class RangeReader {
  readonly #source: RangeSource
  readonly #start: number
  readonly #end: number

  constructor(
    source: RangeSource,
    start: number = 0,
    end: number = source.footerStart + source.footer.length,
  ) {
    this.#source = source
    this.#start = start
    this.#end = end
  }

  get size(): number {
    return this.#end - this.#start
  }

  slice(start: number, end: number): RangeReader {
    return new RangeReader(this.#source, this.#start + start, this.#start + end)
  }

  async arrayBuffer(): Promise<ArrayBufferLike> {
    const { footer, footerStart } = this.#source
    const fileEnd = Math.min(this.#end, footerStart)
    const bytes = await this.#read(fileEnd)
    if (fileEnd === this.#end) return bytes.buffer
    const rest = footer.subarray(Math.max(0, this.#start - footerStart), this.#end - footerStart)
    return new Uint8Array(Buffer.concat([bytes, rest])).buffer
  }

  async #read(end: number): Promise<Uint8Array> {
    const { file, onTrouble } = this.#source
    const wanted = Math.max(0, end - this.#start)
    const bytes = await readRange(file, this.#start, end).catch((error: unknown) => {
      onTrouble({ kind: 'io', message: messageOf(error) })
      throw error
    })
    if (bytes.length === wanted) return bytes
    onTrouble({ kind: 'changed', found: null })
    throw new Error('the file became shorter')
  }
}
