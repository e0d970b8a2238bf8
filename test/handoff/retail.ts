/** A job, a savepoint made of its history, and the log that it goes on with: three partitions, the last one empty. */
import { source } from '../../src/source/declare.ts'
import type { LogDescription } from '../../src/source/log.ts'
import { graphOf } from '../../src/job/brand.ts'
import { job } from '../../src/job/builder.ts'
import { graphDigest } from '../../src/job/graph-data.ts'
import type { JobGraph } from '../../src/job/graph.ts'
import { t } from '../../src/record/type.ts'
import type { Manifest, ManifestPartition, ManifestSource } from '../../src/savepoint/manifest.ts'
import { list, value } from '../../src/state/state.ts'

export const purchases = source('purchases', {
  schema: { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') },
  eventTime: 'at',
})

export const retail: JobGraph = graphOf(
  job('retail', { keyGroups: 8 })
    .from(purchases)
    .keyBy('customer')
    .apply('spend', {
      state: { total: value(t.float64(), 0), recent: list(t.float64()) },
      onRecord: () => undefined,
    })
    .to('totals'),
)

const digest = 'd'.repeat(64)

export const partitions: readonly ManifestPartition[] = [
  {
    partition: 0,
    next: 10,
    runningMax: 5000,
    history: { first: 0, last: 9, rows: 10, duplicates: 0, holes: [] },
  },
  {
    partition: 1,
    next: 4,
    runningMax: 4000,
    history: { first: 0, last: 3, rows: 4, duplicates: 1, holes: [] },
  },
  { partition: 2, next: 0, runningMax: null, history: null },
]

export function manifest(source: Partial<ManifestSource> = {}, changes: Partial<Manifest> = {}): Manifest {
  return {
    formatVersion: 1,
    kind: 'savepoint',
    number: 0,
    attempt: 'a'.repeat(32),
    createdMs: 0,
    manifestDigest: digest,
    job: { name: 'retail', graph: null, graphDigest: graphDigest(retail) },
    keyGroups: 8,
    timeUnit: 'ms',
    operators: [
      {
        uid: 'spend',
        key: { fields: [{ name: 'customer', type: { kind: 'string' } }] },
        states: [
          { name: 'total', kind: 'value', type: { kind: 'float64' }, layers: [] },
          { name: 'recent', kind: 'list', type: { kind: 'float64' }, layers: [] },
        ],
      },
    ],
    sources: [
      {
        name: 'purchases',
        order: 'schedule',
        cut: 'offsets',
        log: { id: 'log-1', name: 'purchases' },
        runningMax: null,
        partitions,
        ...source,
      },
    ],
    clocks: [{ stage: 'spend', clock: 3999 }],
    counts: { sources: [], operators: [] },
    history: [{ source: 'purchases', files: [archiveFile] }],
    parents: [],
    plan: null,
    sinks: {},
    timers: [],
    stateDigest: null,
    ...changes,
  }
}

export const archiveFile = {
  path: 'history/p0.parquet',
  bytes: 1,
  modifiedMs: 0,
  footerHash: 'f'.repeat(64),
  rows: 10,
  coverage: { logId: 'log-1', partition: 0, first: 0, next: 10 },
}

/** `ends`: earliest and latest, by partition. */
export function log(
  ends: readonly (readonly [earliest: number, latest: number])[] = [
    [0, 12],
    [4, 4],
    [0, 3],
  ],
  id: string = 'log-1',
): ReadonlyMap<string, LogDescription> {
  const described = ends.map(([earliest, latest], partition) => ({ partition, earliest, latest }))
  return new Map([['purchases', { name: 'file:log/purchases', id, partitions: described }]])
}
