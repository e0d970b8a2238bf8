/** What a repair takes over from the savepoint that it is made of. */
import type { AuditEntry, Manifest, ParentSavepoint } from '../savepoint/manifest.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import type { NewSavepoint } from './new-savepoint.ts'

/** The savepoint as a parent. A store of checkpoints goes on: of it the manifest is named. */
export function asParent({ manifest, manifestPath, folder }: Savepoint): ParentSavepoint {
  const { manifestDigest, stateDigest, number } = manifest
  return { path: number > 0 ? manifestPath : folder, manifestDigest, stateDigest }
}

/** Everything that says how far it is, and where it came from. */
export function keptProgress(savepoint: Savepoint): Pick<NewSavepoint, 'audit' | 'made' | 'draft'> {
  const { manifest } = savepoint
  const { job, keyGroups, timeUnit, sources, clocks, counts, history, parents, plan, sinks, accepted } =
    manifest
  return {
    audit: auditOf(manifest),
    made: [manifest.manifestDigest],
    draft: {
      job,
      keyGroups,
      timeUnit,
      sources,
      clocks,
      counts: { sources: counts.sources },
      history,
      parents: [...parents, asParent(savepoint)],
      plan,
      sinks,
      ...(accepted && { accepted }),
    },
  }
}

/** The repairs that a manifest names. */
export function auditOf({ audit }: Manifest): readonly AuditEntry[] {
  return audit ?? []
}
