/** Key groups: the fixed slices of the key space that state is folded, stored and moved by. */

/** A slice of the key space: a whole number from 0 to G − 1. */
export type KeyGroup = number

/** G unless a job says otherwise. */
export const defaultKeyGroups = 256

/** The group of a key by the hash of its canonical bytes: Iceberg's bucket transform. */
export function keyGroupOf(hash: number, keyGroups: number): KeyGroup {
  return (hash & 0x7fffffff) % keyGroups
}
