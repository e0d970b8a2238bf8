/**
 * Rule T1 (live/TRANSACTIONS.md): who wants to link a manifest to a chain whose checkpoints are committed by transactions
 * first ends what a former owner left open there, and publishes what that owner committed.
 *
 * E1. The head is read before the transactions are settled. So whoever began after it and could commit by a transaction
 *     has linked a manifest above the head, and the number that the caller wants is taken.
 * E2. Prepared manifests are listed before, too: what is removed after belongs to attempts that can commit no more.
 */
import { badData, hasCode, type HeadwaterError, unavailable } from '../errors.ts'
import type { CommitPointer, TransactionSystem } from '../sink/transaction.ts'
import { chainName } from './chains/chain-names.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import type { Savepoint } from './savepoint.ts'
import { inDoubt } from './waiting.ts'

/** Where the chains of a store are committed; null for whoever has no access to it, or where there is none. */
export type Settler = {
  readonly system: TransactionSystem
  readonly lineage: string
} | null

/** Others may begin so many times meanwhile. */
const mostTries = 100

/**
 * Settles the chain of a store; the number of its head, 0 where there is none. The caller may link the number above it, and
 * no other. Errors: those of the system; `data`, codes `prepared-missing`, `prepared-damaged`, `bad-pointer`, `other-commit`;
 * `conflict`, code `in-doubt`, without a settler where a prepared manifest waits; `unavailable`.
 */
export async function settleChain(store: CheckpointStore, settler: Settler): Promise<number> {
  for (let tries = 0; tries < mostTries; tries++) {
    const head = await store.latestNumber() // E1
    const prepared = (await store.prepared()).filter(({ number }) => number > head)
    if (settler === null) {
      const [waiting] = prepared
      if (waiting !== undefined) throw ofUnknownFate(store.path, waiting.number, waiting.attempt)
      return head
    }
    const pointer = await settler.system.settle({ lineage: settler.lineage, chain: chainName(store.chain) })
    if ((await store.latestNumber()) !== head) continue
    if (pointer !== null && pointer.number > head) {
      if (!(await isPublished(store, pointer, head))) continue
    } else if (pointer !== null) await refuseOtherCommit(store, pointer)
    for (const { name } of prepared) if (name !== pointer?.manifest) await store.removePrepared(name) // E2
    return Math.max(head, pointer?.number ?? 0)
  }
  throw unavailable({
    code: 'no-turn',
    thing: store.path,
    expected: 'to take over the checkpoints',
    found: `that others did ${mostTries} times meanwhile`,
  })
}

/** The head of a settled chain, null where there is none. Errors as above. */
export async function settledHead(store: CheckpointStore, settler: Settler): Promise<Savepoint | null> {
  for (;;) {
    const head = await settleChain(store, settler)
    if (head === 0) return null
    try {
      return await store.open(head)
    } catch (error) {
      // Another owner has gone on since, and let it go.
      const isGone = hasCode(error, 'no-such-file')
      if (!isGone || (await store.latestNumber()) === head) throw error
    }
  }
}

/** False where others published it and have gone on since. */
async function isPublished(store: CheckpointStore, pointer: CommitPointer, head: number): Promise<boolean> {
  if (pointer.number !== head + 1) throw olderFolder(store, pointer, head)
  try {
    await store.publish(pointer)
    return true
  } catch (error) {
    const isLost = hasCode(error, 'lost-ownership')
    if (isLost && (await store.latestNumber()) !== head) return false
    throw error
  }
}

function olderFolder(store: CheckpointStore, pointer: CommitPointer, head: number): HeadwaterError {
  return badData({
    code: 'prepared-missing',
    thing: store.path,
    expected: `checkpoint ${pointer.number - 1}, since outputs of ${pointer.number} are out`,
    found: `checkpoint ${head} as the newest: the folder is older than its outputs`,
    remedy:
      'restore the folder of checkpoints as it was, or begin with --from in a new folder, which writes again what came after',
  })
}

/** What was committed under a number that is there must be what is there. */
async function refuseOtherCommit(store: CheckpointStore, pointer: CommitPointer): Promise<void> {
  const found = await attemptOf(store, pointer.number)
  if (found === null || found === pointer.attempt) return
  throw badData({
    code: 'other-commit',
    thing: `${store.path}, checkpoint ${pointer.number}`,
    expected: `that of attempt ${pointer.attempt}, whose outputs are out`,
    found: `one of attempt ${found}: the folder was changed by hand, or copied`,
    remedy: 'restore the folder of checkpoints as it was, or begin with --from in a new folder',
  })
}

/** Null where it was let go, which may be just now: a fenced owner's retention ends what it began. */
async function attemptOf(store: CheckpointStore, number: number): Promise<string | null> {
  try {
    return (await store.open(number)).manifest.attempt
  } catch (error) {
    if (hasCode(error, 'no-such-file')) return null
    throw error
  }
}

function ofUnknownFate(path: string, number: number, attempt: string): HeadwaterError {
  return inDoubt(path, {
    expected: 'checkpoints of which it is known whether they were committed',
    found: `checkpoint ${number} of attempt ${attempt}, prepared: whether its outputs are out, their cluster knows`,
  })
}
