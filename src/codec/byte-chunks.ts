/** Bytes that come in pieces and are wanted in one. */

/** Collects pieces; they are copied when taken, so they must not change before. */
export class ByteChunks {
  #chunks: Uint8Array[] = []

  push(chunk: ArrayBufferView): void {
    this.#chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  }

  /** All bytes since the last call. */
  take(): Uint8Array {
    const out = new Uint8Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0))
    let at = 0
    for (const chunk of this.#chunks) {
      out.set(chunk, at)
      at += chunk.length
    }
    this.#chunks = []
    return out
  }
}
