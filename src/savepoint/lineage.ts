/** Where a savepoint came from: its ancestors as far as they are still there, and the repairs on the way. */
import { HeadwaterError } from '../errors.ts'
import type { AuditEntry, ManifestKind, ParentSavepoint } from './manifest.ts'
import { openedSavepoint, openSavepoint } from './open.ts'
import type { Savepoint } from './savepoint.ts'

/** One ancestor, or the savepoint itself. */
export interface LineageStep extends ParentSavepoint {
  /** `there` · `gone`: nothing can be opened at its path · `replaced`: another savepoint is at its path. */
  readonly status: 'there' | 'gone' | 'replaced'
  /** Null unless it is there. */
  readonly kind: ManifestKind | null
  readonly createdMs: number | null
  /** The repair that made it; null for one that none made, or of which that is not known. */
  readonly repair: AuditEntry | null
}

/**
 * The ancestors, the first one first, and the savepoint itself at the end. Paths of ancestors are looked up as they stand,
 * relative ones from the working folder. Errors: those of `openSavepoint`, for the savepoint itself alone.
 */
export async function lineage(savepoint: string | Savepoint): Promise<readonly LineageStep[]> {
  const self = await openedSavepoint(savepoint)
  const audit = self.manifest.audit ?? []
  const steps: LineageStep[] = []
  for (const parent of self.manifest.parents) steps.push(await ancestor(parent, audit))
  return [...steps, stepOf(self, audit)]
}

async function ancestor(parent: ParentSavepoint, audit: readonly AuditEntry[]): Promise<LineageStep> {
  const found = await openSavepoint(parent.path).catch((error: unknown) => {
    if (error instanceof HeadwaterError) return null
    throw error
  })
  if (found?.manifest.manifestDigest === parent.manifestDigest) return { ...stepOf(found, audit), ...parent }
  const status = found === null ? 'gone' : 'replaced'
  return { ...parent, status, kind: null, createdMs: null, repair: null }
}

function stepOf({ manifest, manifestPath, folder }: Savepoint, audit: readonly AuditEntry[]): LineageStep {
  const { manifestDigest, stateDigest, kind, createdMs, attempt, number } = manifest
  const path = number > 0 ? manifestPath : folder
  const repair = audit.find(entry => entry.attempt === attempt) ?? null
  return { path, manifestDigest, stateDigest, status: 'there', kind, createdMs, repair }
}
