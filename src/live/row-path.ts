/**
 * The place of a row or an emission in the depth-first order of a batch: the ordinal of the record that caused it, then
 * for each stage on the way which input took it, which piece of a flatMap it was, which operator put it out, and as
 * which of its emissions. Stages are applied one after another over a batch, so where ways of different length meet
 * this order has to be restored; nothing then depends on how records were cut into batches (L8).
 */

/** Compared number by number; a path comes before those that continue it. */
export type RowPath = readonly number[]

/** Negative when `a` comes first. */
export function comparePaths(a: RowPath, b: RowPath): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const order = (a[i] as number) - (b[i] as number)
    if (order !== 0) return order
  }
  return a.length - b.length
}
