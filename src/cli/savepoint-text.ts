/** A savepoint for people: what `headwater show` prints of its manifest. */
import { timestampText } from '../codec/iso-time.ts'
import type { Manifest } from '../savepoint/manifest.ts'
import { handoffProof } from '../savepoint/proof.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import { agoText } from './duration.ts'
import type { Paint } from './paint.ts'
import { sourcesLines } from './source-text.ts'
import { byteCount, count, facts, table, type Cell } from './table.ts'

/** Who reads. */
export interface Reader {
  readonly paint: Paint
  /** The time now, where a person reads at once; null in what is kept. */
  readonly nowMs: number | null
}

const shownFiles = 4

/** Lines about what it is, and how far. */
export function savepointLines(savepoint: Savepoint, reader: Reader): readonly string[] {
  return [
    ...titleLines(savepoint, reader),
    ...originLines(savepoint, reader),
    ...sourcesLines(savepoint.manifest),
  ]
}

/** Lines about how far it is alone. */
export function positionLines(savepoint: Savepoint, reader: Reader): readonly string[] {
  return [...titleLines(savepoint, reader), ...sourcesLines(savepoint.manifest)]
}

/** Lines about what it was made of, and where its outputs stand. */
export function surroundingLines({ manifest }: Savepoint): readonly string[] {
  return [...historyLines(manifest), ...parentLines(manifest), ...sinkLines(manifest)]
}

function titleLines({ manifest, manifestPath }: Savepoint, { paint }: Reader): readonly string[] {
  const { kind, number } = manifest
  return [`${paint.bold(number === 0 ? kind : `${kind} ${number}`)}  ${manifestPath}`]
}

function originLines(savepoint: Savepoint, { paint, nowMs }: Reader): readonly string[] {
  const { manifest } = savepoint
  const { job, createdMs, formatVersion, keyGroups, stateDigest, manifestDigest } = manifest
  const created = timestampText(createdMs, 'ms')
  return indented(
    facts([
      ['job', `${job.name}, graph ${job.graphDigest.slice(0, 12)}`],
      ['created', nowMs === null ? created : `${created}, ${agoText(nowMs - createdMs)}`],
      ['format', `${formatVersion}, ${keyGroups} key groups`],
      ['handoff', handoffText(manifest, paint)],
      ['tasks', tasksText(savepoint)],
      ['transactions', transactionsText(manifest)],
      ['state digest', stateDigest ?? 'computed by headwater digest'],
      ['manifest digest', manifestDigest],
    ]),
  )
}

/** Null where one task does all. */
function tasksText({ manifest: { tasks, task }, heads = [] }: Savepoint): string | null {
  if (task !== undefined) return `this is ${task.index} of ${task.count}, generation ${task.generation}`
  if (tasks === undefined) return null
  const newest = heads.map(({ manifest }) => `${manifest.task?.index}: ${manifest.kind} ${manifest.number}`)
  return `${tasks.count}${newest.length === 0 ? '' : ` (newest of each: ${newest.join(', ')})`}`
}

/** Null where outputs go out otherwise. */
function transactionsText({ transactions }: Manifest): string | null {
  if (transactions === undefined) return null
  const { lineage, cluster, topic } = transactions
  return `lineage ${lineage}, pointers in topic ${topic} of cluster ${cluster}`
}

function handoffText(manifest: Manifest, paint: Paint): string {
  if (manifest.sources.every(({ partitions }) => partitions.length === 0)) return 'no position is known'
  const { proved, approximate } = handoffProof(manifest)
  if (proved) return paint.green('proved: every record once')
  return paint.yellow(approximate ? 'approximate' : 'not proved')
}

function historyLines({ history }: Manifest): readonly string[] {
  return history.flatMap(({ source, files }) => {
    if (files.length === 0) return []
    const rows = files
      .slice(0, shownFiles)
      .map(({ path, rows: read, bytes }): readonly Cell[] => [path, read, byteCount(bytes)])
    const sum = (of: (file: (typeof files)[number]) => number): number =>
      files.reduce((all, each) => all + of(each), 0)
    const left = count(files.length - shownFiles)
    const all = `${count(sum(each => each.rows))} rows, ${byteCount(sum(each => each.bytes))}`
    return [
      '',
      ...table([`history of ${source}`, 'rows', 'size'], rows),
      ...(files.length > shownFiles ? [`  and ${left} more files, ${all} in all`] : []),
    ]
  })
}

function parentLines({ parents }: Manifest): readonly string[] {
  if (parents.length === 0) return []
  const rows = parents.map(each => [each.path, each.manifestDigest])
  return ['', ...table(['descends from', 'manifest digest'], rows)]
}

function sinkLines({ sinks }: Manifest): readonly string[] {
  const known = Object.entries(sinks)
  if (known.length === 0) return []
  const rows = known.map(([name, state]) => [name, state === null ? 'nothing kept' : JSON.stringify(state)])
  return ['', ...table(['sink', 'committed'], rows)]
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map(line => `  ${line}`)
}
