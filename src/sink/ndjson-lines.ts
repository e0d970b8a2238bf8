/**
 * An open file of which a sink owns the end: lines of JSON are added at a length that it knows, whoever opened the file.
 *
 * I1. The file is `bytes` long after each call, whole lines only; a write that fails is cut off again.
 * I2. `sync` answers only after the file and its name are on the disk.
 */
import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { jsonEncoder } from '../codec/json.ts'
import { HeadwaterError } from '../errors.ts'
import type { AnyRecord, Field } from '../record/record.ts'
import { tailHash } from './ndjson-state.ts'
import { sinkFault } from './sink-fault.ts'

/** So many records become one piece of text, which bounds memory. */
const pieceRecords = 4096

/** What is on the disk. */
export interface SyncedLines {
  readonly bytes: number
  /** `tailHash` at that length. */
  readonly tail: string
}

/** The end of a file of lines. */
export class NdjsonLines {
  readonly #name: string
  readonly #path: string
  readonly #handle: FileHandle
  readonly #encode: (record: AnyRecord) => string
  /** The file's length (I1). */
  #bytes: number
  #nameSynced = false
  /** Set when nobody knows what is on the disk; nothing is promised from then on. */
  #broken: HeadwaterError | null = null

  /** `name`: of the sink, for messages. `bytes`: the file's length. */
  constructor(
    name: string,
    path: string,
    handle: FileHandle,
    bytes: number,
    fields: readonly Field[] | null,
  ) {
    this.#name = name
    this.#path = path
    this.#handle = handle
    this.#bytes = bytes
    this.#encode = jsonEncoder(fields)
  }

  get bytes(): number {
    return this.#bytes
  }

  async write(records: readonly AnyRecord[]): Promise<void> {
    this.#checkUsable()
    let end = this.#bytes
    try {
      for (let at = 0; at < records.length; at += pieceRecords) {
        const lines = records.slice(at, at + pieceRecords).map(record => `${this.#encode(record)}\n`)
        end += await this.#writeAt(Buffer.from(lines.join('')), end)
      }
      this.#bytes = end
    } catch (error) {
      await this.#cutOff()
      throw error instanceof HeadwaterError ? error : sinkFault(error, this.#name)
    }
  }

  async sync(): Promise<SyncedLines> {
    this.#checkUsable()
    try {
      await this.#handle.sync()
      if (!this.#nameSynced) await syncFolder(dirname(this.#path))
      this.#nameSynced = true
      return { bytes: this.#bytes, tail: await tailHash(this.#handle, this.#bytes) }
    } catch (error) {
      this.#broken = sinkFault(error, this.#name) // after a failed sync nobody knows what is on the disk
      throw this.#broken
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #writeAt(bytes: Buffer, position: number): Promise<number> {
    for (let written = 0; written < bytes.length;) {
      const rest = bytes.length - written
      written += (await this.#handle.write(bytes, written, rest, position + written)).bytesWritten
    }
    return bytes.length
  }

  async #cutOff(): Promise<void> {
    try {
      await this.#handle.truncate(this.#bytes)
    } catch (error) {
      this.#broken = sinkFault(error, this.#name)
    }
  }

  #checkUsable(): void {
    if (this.#broken !== null) throw this.#broken
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // it can't and needn't
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
