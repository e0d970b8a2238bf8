/**
 * Ends a generation: after it none of its owners can commit, whoever they are and whatever their clocks say. In every chain
 * the next number is taken by a copy of the newest manifest, of kind `seal` (live/TASKS.md, G1 and G2).
 *
 * E1. Killed between two chains, it is simply done again: a chain that has its seal is left as it is.
 * E2. An owner that commits meanwhile has the number that was wanted: then its manifest is what is sealed.
 */
import type { Clock } from '../../clock.ts'
import { HeadwaterError } from '../../errors.ts'
import type { CheckpointStore } from '../checkpoint-store.ts'
import type { Manifest, ManifestDraft } from '../manifest.ts'
import { draftOf } from '../self-contained.ts'
import { partOfTask } from './union.ts'

/** Seals all chains of the generation; the sealed heads by task. Errors: those of commits and of reading. */
export async function sealGeneration(
  store: CheckpointStore,
  generation: Manifest,
  clock: Clock,
): Promise<readonly Manifest[]> {
  const { count } = generation.tasks!
  const sealed: Manifest[] = []
  for (let task = 0; task < count; task++) sealed.push(await sealChain(store, generation, task, clock))
  return sealed
}

async function sealChain(
  store: CheckpointStore,
  generation: Manifest,
  task: number,
  clock: Clock,
): Promise<Manifest> {
  for (;;) {
    const chain = await store.openChain({ generation: generation.number, task })
    const newest = (await chain.newest())?.manifest ?? null
    if (newest?.kind === 'seal') return newest
    try {
      return await chain.commit(chain.newestNumber + 1, sealOf(newest, generation, task, clock))
    } catch (error) {
      if (!(error instanceof HeadwaterError) || error.code !== 'lost-ownership') throw error
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
