/** What a run opened, to be closed again in the reverse order, however the run ends. */

/** Collects what must be closed. */
export class Closers {
  readonly #actions: (() => Promise<unknown>)[] = []

  add(action: () => Promise<unknown>): void {
    this.#actions.push(action)
  }

  /** Runs all of them, even where one fails; throws the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const action of this.#actions.splice(0).reverse()) {
      await action().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}

/** Runs `work` and closes what it opened; where both fail, the error of the work counts. */
export async function withClosers<T>(work: (closers: Closers) => Promise<T>): Promise<T> {
  const closers = new Closers()
  let result: T
  try {
    result = await work(closers)
  } catch (error) {
    await closers.close().catch(() => undefined)
    throw error
  }
  await closers.close()
  return result
}
