/** Access to the place where the chains of a store are committed: only the one that its manifests name will do. */
import type { Clock } from '../clock.ts'
import { invalid } from '../errors.ts'
import type { TransactionDeclaration, TransactionPlace } from '../sink/transaction.ts'
import type { Savepoint } from './savepoint.ts'
import type { Settler } from './settle.ts'

/**
 * Does some work with it, and closes it again; without a declaration, or where the store was written without transactions, there
 * is none. Errors: those of connecting, and of `refuseOtherPlace`.
 */
export async function withSettler<T>(
  { folder, manifest: { transactions: stored } }: Savepoint,
  declaration: TransactionDeclaration | undefined,
  clock: Clock,
  work: (settler: Settler) => Promise<T>,
): Promise<T> {
  if (stored === undefined || declaration === undefined) return work(null)
  const system = declaration.connect({ clock })
  try {
    refuseOtherPlace(folder, stored, await system.identify())
    return await work({ system, lineage: stored.lineage })
  } finally {
    await system.close()
  }
}

/**
 * Refuses a place that does not know what the store's runs committed. `thing`: the store. Errors: `invalid`, codes
 * `other-cluster`, and `pointers-lost` for a topic that was deleted and made again.
 */
export function refuseOtherPlace(thing: string, stored: TransactionPlace, found: TransactionPlace): void {
  const text = ({ cluster, topic }: TransactionPlace): string => `topic ${topic} of cluster ${cluster}`
  if (stored.cluster !== found.cluster || stored.topic !== found.topic)
    throw invalid({
      code: 'other-cluster',
      thing,
      expected: `${text(stored)}, where its checkpoints are committed`,
      found: text(found),
      remedy: 'name that cluster and topic; to go on elsewhere, begin with --from in a new folder',
    })
  if (stored.topicId === found.topicId) return
  throw invalid({
    code: 'pointers-lost',
    thing,
    expected: `${text(stored)} with the id ${stored.topicId}, which says what was committed`,
    found: `one of the id ${found.topicId}: it was deleted and made again`,
    remedy: 'begin with --from in a new folder, after a look at which outputs are out',
  })
}
