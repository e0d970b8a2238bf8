/**
 * Which layers are brought together, and when: pure, from the numbers of rows alone.
 *
 * Size-tiered over a bound: up to `mostDeltas` layers stand above the base. One more, and the newest are merged: at least
 * half of them, then each older one that has no more than twice the rows of all that are newer. A row is rewritten only
 * where many layers become one or its layer grows by half, so about log(rows) times in all, whatever the base's size;
 * the base itself is rewritten once what stands above it has half its rows. Reading a key looks in at most
 * `mostDeltas` + 1 places, but for the time that a merge takes.
 */
import type { Layer } from './manifest.ts'

/** Layers above the base that are left alone. */
export const mostDeltas = 8

/** The number of the first layer to be merged with all that are newer; 0 folds all into a base. Null while none is due. */
export function layersToMerge(layers: readonly Layer[]): number | null {
  if (layers.length - 1 <= mostDeltas) return null
  let from = layers.length - 1 - (mostDeltas >> 1)
  let above = sum(layers.slice(from).map(rowsOf))
  while (from > 0 && rowsOf(layers[from - 1]!) <= 2 * above) above += rowsOf(layers[--from]!)
  return from
}

function rowsOf({ segments }: Layer): number {
  return sum(segments.map(({ rows }) => rows))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
