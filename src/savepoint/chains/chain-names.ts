/**
 * Where the chains of tasks are in a store: `manifests/GENERATION-TASK/` is to one of them what `manifests/` is to a run of
 * one task (live/TASKS.md, section 3).
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '../../errors.ts'
import { manifestsFolder } from '../manifest-names.ts'

/** The chain of one task of one generation. */
export interface Chain {
  /** The number of the manifest that began the generation. */
  readonly generation: number
  /** From 0. */
  readonly task: number
}

/** Its folder, relative to the store. */
export function chainFolder({ generation, task }: Chain): string {
  return `${manifestsFolder}/${String(generation).padStart(8, '0')}-${String(task).padStart(5, '0')}`
}

/** What transactions call it, and the store's own chain. */
export function chainName(chain: Chain | null): string {
  return chain === null ? 'main' : chainFolder(chain).slice(manifestsFolder.length + 1)
}

/** The chain that the name of a folder in `manifests/` stands for; null for any other name. */
export function chainNamed(name: string): Chain | null {
  const [, generation, task] = /^(\d{8,})-(\d{5,})$/.exec(name) ?? []
  return generation === undefined ? null : { generation: Number(generation), task: Number(task) }
}

/** All chains that there are in a store, by generation and task. */
export async function chainsIn(store: string): Promise<readonly Chain[]> {
  const names = await readdir(join(store, manifestsFolder)).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return []
    throw error
  })
  const chains = names.map(chainNamed).filter(chain => chain !== null)
  return chains.sort((a, b) => a.generation - b.generation || a.task - b.task)
}
