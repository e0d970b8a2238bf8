/**
 * A savepoint of its own of what a store holds: all layers folded into segments that are written anew, so that it shares
 * no file with the store and stays when that is deleted.
 */
import type { Clock } from '../clock.ts'
import type { AttemptFolder } from './attempt-folder.ts'
import { rootDigest, stateHasher, type TableDigest } from './digest.ts'
import { foldLayers } from './fold.ts'
import type { Manifest, ManifestDraft, ManifestOperator, ManifestState } from './manifest.ts'
import type { Savepoint } from './savepoint.ts'

/** Told of each state that is folded: which, and how many of all are done. */
export type OnFolded = (path: string, done: number, total: number) => void

/** Folds it into the folder and commits. Errors: those of reading; `conflict` and `unavailable` of the commit. */
export async function commitSelfContained(
  savepoint: Savepoint,
  folder: AttemptFolder,
  clock: Clock,
  onFolded: OnFolded = () => undefined,
): Promise<Manifest> {
  const { manifest } = savepoint
  const total = manifest.operators.reduce((sum, { states }) => sum + states.length, 0)
  const digests: TableDigest[] = []
  const operators: ManifestOperator[] = []
  for (const operator of manifest.operators) {
    const states: ManifestState[] = []
    for (const { layers, ...state } of operator.states) {
      onFolded(`${operator.uid}/${state.name}`, digests.length, total)
      const table = { uid: operator.uid, key: operator.key, state }
      const hasher = stateHasher(table)
      const request = {
        folder,
        source: savepoint.folder,
        table,
        layers,
        keyGroups: manifest.keyGroups,
        hasher,
      }
      states.push({ ...state, layers: (await foldLayers(request))! })
      digests.push(hasher.finish())
    }
    operators.push({ ...operator, states })
  }
  onFolded('', total, total)
  const { transactions: _, ...draft } = draftOf(manifest) // of the store's runs: who begins with a copy is another line
  return folder.commit({
    ...draft,
    kind: 'savepoint',
    createdMs: clock.now(),
    operators,
    parents: [...manifest.parents, parentOf(savepoint)],
    stateDigest: rootDigest(digests, manifest),
  })
}

/** All that a manifest says, but for who wrote it, to whom it answers, and how it was divided among tasks. */
export function draftOf(manifest: Manifest): ManifestDraft {
  const {
    formatVersion: _version,
    number: _number,
    attempt: _attempt,
    manifestDigest: _digest,
    ...all
  } = manifest
  const { answers: _answers, tasks: _tasks, task: _task, ...draft } = all
  return draft
}

function parentOf({ manifestPath, manifest }: Savepoint): Manifest['parents'][number] {
  return { path: manifestPath, manifestDigest: manifest.manifestDigest, stateDigest: manifest.stateDigest }
}
