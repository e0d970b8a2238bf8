/** `digest`: the state digest of a savepoint, and the hashes that it is made of. */
import { rootDigest, tableDigests } from './digest.ts'
import { readPinned } from './pinned.ts'
import type { Savepoint } from './savepoint.ts'
import type { ScanOptions } from './scan.ts'

/** What is to be computed. */
export interface DigestOptions extends Pick<ScanOptions, 'onRead'> {
  /** Reads everything even where the digest is known. Default false. */
  readonly recompute?: boolean
  /** The hashes of key groups too, which are always computed. Default false. */
  readonly groups?: boolean
}

/** The hash of one key group of one state (FORMAT.md, section 8). */
export interface GroupDigest {
  readonly uid: string
  readonly state: string
  readonly group: number
  readonly hash: string
}

/** Digests: equal contents, equal digest. */
export interface DigestReport {
  readonly stateDigest: string
  readonly manifestDigest: string
  /** Whether the state digest was computed from the entries; else it is the one that the manifest has. */
  readonly computed: boolean
  /** By state and group, groups without entries left out; absent unless asked for. */
  readonly groups?: readonly GroupDigest[]
}

/** The digests of a savepoint or checkpoint. Errors: those of `pin` and `scanState`. */
export async function digest(
  savepoint: string | Savepoint,
  { recompute = false, groups = false, onRead }: DigestOptions = {},
): Promise<DigestReport> {
  return readPinned(savepoint, async opened => {
    const { stateDigest, manifestDigest } = opened.manifest
    if (stateDigest !== null && !recompute && !groups) return { stateDigest, manifestDigest, computed: false }
    const tables = await tableDigests(opened, { onRead })
    const computed = { stateDigest: rootDigest(tables, opened.manifest), manifestDigest, computed: true }
    if (!groups) return computed
    const list = tables.flatMap(({ table: { uid, state }, groups: hashes }) =>
      hashes.map(each => ({ uid, state: state.name, ...each })),
    )
    return { ...computed, groups: list }
  })
}
