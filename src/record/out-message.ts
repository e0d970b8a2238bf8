/** Messages as they go out to a topic: bytes, already addressed. */

/** One message for a partition of a topic. The buffers must not be changed before it was sent. */
export interface OutMessage {
  /** From 0; must exist. */
  readonly partition: number
  /** null for none. */
  readonly key: Uint8Array | null
  /** null for a tombstone: it removes the key from a compacted topic. */
  readonly value: Uint8Array | null
  /** In order; names may repeat. Default none. */
  readonly headers?: readonly OutHeader[]
  /** Milliseconds since the epoch, 0 or more; null: the clock's time when it is sent. */
  readonly timestamp: number | null
}

/** A header: its name, and its value or nothing. */
export type OutHeader = readonly [name: string, value: Uint8Array | null]
