/** Small savepoints for tests: drafts, folders that are removed afterwards, a clock whose names can be repeated. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../src/clock.ts'
import type { ManifestDraft } from '../../src/savepoint/manifest.ts'

export const digestOf = (digit: string): string => digit.repeat(64)

/** A clock whose random ids are 1, 2, 3 … padded: the same files on every run. */
export function countingClock(): Clock {
  let count = 0
  return { ...systemClock, now: () => 1_700_000_000_000, randomId: () => String(++count).padStart(32, '0') }
}

/** A draft with something in every member but segments. */
export function sampleDraft(changes: Partial<ManifestDraft> = {}): ManifestDraft {
  return {
    kind: 'savepoint',
    createdMs: 1_700_000_000_000,
    job: { name: 'retail', graph: { stages: [{ name: 'spend' }] }, graphDigest: digestOf('a') },
    keyGroups: 4,
    timeUnit: 'ms',
    operators: [],
    sources: [
      {
        name: 'purchases',
        order: 'schedule',
        cut: 'offsets',
        log: { id: 'b7', name: 'file:log/purchases' },
        runningMax: null,
        partitions: [
          {
            partition: 0,
            next: 9,
            runningMax: 1_322_697_600_000,
            history: {
              first: 2,
              last: 8,
              rows: 5,
              duplicates: 1,
              holes: [
                [3, 4],
                [6, 7],
              ],
            },
          },
          { partition: 2, next: 0, runningMax: null, history: null },
        ],
      },
    ],
    clocks: [
      { stage: 'spend', clock: 1_322_697_599_999 },
      { stage: 'late', clock: null },
    ],
    counts: {
      sources: [{ name: 'purchases', rows: 5, duplicates: 1, late: 0, bad: 2, pastCut: 3 }],
      operators: [{ uid: 'spend', keys: 4 }],
    },
    history: [
      {
        source: 'purchases',
        files: [
          {
            path: 'history/month=2011-10/data.parquet',
            bytes: 1234,
            modifiedMs: 1_600_000_000_000.25,
            footerHash: digestOf('f'),
            rows: 8,
            coverage: { logId: 'b7', partition: 0, first: 0, next: 9 },
          },
        ],
      },
    ],
    parents: [{ path: 'savepoints/a', manifestDigest: digestOf('1'), stateDigest: null }],
    plan: { sources: [] },
    sinks: { totals: { bytes: 17, file: 'totals.ndjson' }, other: null },
    timers: [],
    stateDigest: digestOf('5'),
    ...changes,
  }
}

/** Runs with a fresh folder, and removes it. */
export async function inTempFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'headwater-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
