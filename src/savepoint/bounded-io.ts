/** Reads and writes beside one another, but only so many: the thread pool behind them is small, and buffers add up. */
import pLimit from 'p-limit'

/** Enough to keep a disk busy; Node's pool has four threads unless set. */
const parallelism = 8

/** Runs the work for all items, some at a time; the results stand in the items' order. The first failure ends it. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  if (items.length === 1) return [await work(items[0] as T)]
  const limit = pLimit(parallelism)
  let failed = false
  const guarded = async (item: T): Promise<R> => {
    if (failed) return undefined as R // nobody sees it: the first failure rejects the whole
    return work(item).catch((error: unknown) => {
      failed = true
      throw error
    })
  }
  return Promise.all(items.map(item => limit(guarded, item)))
}
