/** Savepoints of a table with few keys, which grow by layers. */
import type { HeadwaterError } from '../../src/errors.ts'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import type { CheckpointStore } from '../../src/savepoint/checkpoint-store.ts'
import type { ManifestDraft } from '../../src/savepoint/manifest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { openSegment } from '../../src/savepoint/segment-writer.ts'
import { collect, draftOf, entryRowsOf, writeLayers, type Row } from './model.ts'
import { countingClock, sampleDraft } from './samples.ts'

/** Of small savepoints. */
export const table: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}
export const clock = countingClock()
export const codes = ({ kind, code }: HeadwaterError): string => `${kind} ${code}`

/** A savepoint with a and b. */
export async function makeSavepoint(path: string): Promise<void> {
  const folder = await prepareFolder(path, clock)
  const changes = ['a', 'b'].map(key => ({ key, clear: false, values: [1] }))
  await folder.commit(sampleDraft(draftOf(table, await writeLayers(folder, table, 4, [changes]), 4)))
}

/** The newest checkpoint's draft with one layer more. */
export async function withLayer(
  store: CheckpointStore,
  rows: readonly Row[],
  from?: string,
): Promise<ManifestDraft> {
  const { manifest } = from === undefined ? (await store.newest())! : await openSavepoint(from)
  const writer = openSegment(store, table, 'delta')
  writer.append(entryRowsOf(table, 'delta', 4, rows))
  const layer = { segments: [await writer.finish()] }
  const [operator] = manifest.operators
  const [state] = operator!.states
  const operators = [{ ...operator!, states: [{ ...state!, layers: [...state!.layers, layer] }] }]
  return {
    ...sampleDraft(),
    keyGroups: 4,
    operators,
    stateDigest: null,
    counts: { sources: [], operators: [] },
  }
}

/** The rows of a savepoint. */
export const contents = async (path: string) =>
  collect(table, scanState(await openSavepoint(path), 'op', 'total'))
