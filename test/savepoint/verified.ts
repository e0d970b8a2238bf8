/** Small savepoints to be checked, sound or wrong in one thing. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { completeManifest, manifestText } from '../../src/savepoint/manifest-file.ts'
import type { Manifest, ManifestDraft, ManifestState } from '../../src/savepoint/manifest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { draftOf, writeLayers, type Change } from './model.ts'
import { countingClock, sampleDraft } from './samples.ts'

/** A table whose state is a list. */
export const list: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'seen', kind: 'list', type: { kind: 'optional', of: { kind: 'int32' } } },
}
/** A table of the same keys whose state is one value. */
export const value: StateTable = {
  ...list,
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}

export const put = (key: string, values: unknown[], from = 0): Change => ({ key, clear: false, values, from })
export const clear = (key: string, values: unknown[] = []): Change => ({ key, clear: true, values })

/** A savepoint of one table in a folder; keys are counted, the digest is right. */
export async function write(
  folder: string,
  table: StateTable,
  layers: readonly (readonly Change[])[],
  keys: number,
  change: (state: ManifestState) => ManifestState = state => state,
  draft: Partial<ManifestDraft> = {},
): Promise<void> {
  const attempt = await prepareFolder(folder, countingClock())
  const state = change(await writeLayers(attempt, table, 4, layers))
  const counts = { sources: [], operators: [{ uid: 'op', keys }] }
  const plain = {
    ...draftOf(table, state, 4),
    history: [],
    parents: [],
    sinks: {},
    plan: null,
    counts,
    ...draft,
  }
  await attempt.commit(sampleDraft(plain))
}

/** Rewrites the manifest with another digest of the state or other members, so that it is whole in itself. */
export async function forge(folder: string, changes: Partial<Manifest>): Promise<void> {
  const { manifest } = await openSavepoint(folder)
  await writeFile(
    join(folder, 'manifest.json'),
    manifestText(completeManifest({ ...manifest, ...changes }, 0, manifest.attempt)),
  )
}

/** What a check finds, a line each. */
export const textOf = async (folder: string): Promise<string> =>
  (await verifySavepoint(folder)).findings
    .map(({ level, where, what }) => `${level} ${where}: ${what}`)
    .join('\n')
