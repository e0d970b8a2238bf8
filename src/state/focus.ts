/** Which key the handles of a stage speak of, and in which call. One object, shared by all of them. */
export interface Focus {
  /** The slot of the key in focus: its index in every state column of the stage. */
  slot: number
  /** Counts operator calls, so that a column knows its first write in a call. */
  call: number
}
