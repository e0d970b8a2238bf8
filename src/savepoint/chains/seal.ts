/**
 * Ends a generation: after it none of its owners can commit, whoever they are and whatever their clocks say. In every chain
 * the next number is taken by a copy of the newest manifest, of kind `seal` (live/TASKS.md, G1 and G2).
 *
 * E1. Killed between two chains, it is simply done again: a chain that has its seal is left as it is.
 * E2. An owner that commits meanwhile has the number that was wanted: then its manifest is what is sealed.
 * E3. Each try settles the chain first, so that an owner that commits by transactions can commit no more (settle.ts). Its name is
 *     never used again: who can't settle may not seal it, or a transaction that is open would hold back readers of the outputs.
 */
import type { Clock } from '../../clock.ts'
import { hasCode, type HeadwaterError } from '../../errors.ts'
import type { CheckpointStore } from '../checkpoint-store.ts'
import type { Manifest, ManifestDraft } from '../manifest.ts'
import { draftOf } from '../self-contained.ts'
import { settledHead, type Settler } from '../settle.ts'
import { inDoubt } from '../waiting.ts'
import { partOfTask } from './union.ts'

/**
 * Seals all chains of the generation; the sealed heads by task. Errors: those of commits, of reading, and of `settleChain`; `conflict`,
 * code `in-doubt`, without a settler where the generation commits by transactions.
 */
export async function sealGeneration(
  store: CheckpointStore,
  generation: Manifest,
  clock: Clock,
  settler: Settler = null,
): Promise<readonly Manifest[]> {
  const { count } = generation.tasks!
  const sealed: Manifest[] = []
  for (let task = 0; task < count; task++)
    sealed.push(await sealChain(store, generation, task, clock, settler))
  return sealed
}

async function sealChain(
  store: CheckpointStore,
  generation: Manifest,
  task: number,
  clock: Clock,
  settler: Settler,
): Promise<Manifest> {
  for (;;) {
    const chain = await store.openChain({ generation: generation.number, task })
    const known = (await chain.newest())?.manifest
    if (known?.kind === 'seal') return known // whoever sealed it had settled it
    if (settler === null && generation.transactions !== undefined) throw maybeOpen(store.path) // E3
    const newest = (await settledHead(chain, settler))?.manifest ?? null
    if (newest?.kind === 'seal') return newest
    try {
      return await chain.commit(chain.newestNumber + 1, sealOf(newest, generation, task, clock))
    } catch (error) {
      if (!hasCode(error, 'lost-ownership')) throw error
      const next = (await (await store.openChain({ generation: generation.number, task })).newest())?.manifest
      if (next === undefined || next.number === newest?.number) throw error // nobody was faster: it is lost indeed
    }
  }
}

function sealOf(newest: Manifest | null, generation: Manifest, task: number, clock: Clock): ManifestDraft {
  const { count } = generation.tasks!
  const copied = newest ?? partOfTask(generation, task, count)
  return {
    ...draftOf(copied),
    kind: 'seal',
    createdMs: clock.now(),
    task: { generation: generation.number, index: task, count },
  }
}

function maybeOpen(path: string): HeadwaterError {
  return inDoubt(path, {
    expected: 'tasks of which it is known that they left no transaction open',
    found: 'tasks that write by transactions, whose cluster knows',
  })
}
