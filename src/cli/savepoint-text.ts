/** A savepoint for people: what `headwater show` prints. */
import { timestampText } from '../codec/iso-time.ts'
import { typeName } from '../record/type.ts'
import type { Manifest, ManifestOperator, ManifestSource, ManifestState } from '../savepoint/manifest.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import { byteCount, count, facts, table, type Cell } from './table.ts'

const shownFiles = 12

/** Lines about everything that the manifest says. */
export function savepointLines({ manifest, manifestPath }: Savepoint): readonly string[] {
  return [
    `${titleOf(manifest)}  ${manifestPath}`,
    ...originLines(manifest),
    ...manifest.sources.flatMap(source => ['', ...sourceLines(source, manifest)]),
    '',
    ...stateLines(manifest),
    ...clockLines(manifest),
    ...historyLines(manifest),
    ...parentLines(manifest),
    ...sinkLines(manifest),
  ]
}

/** Lines about how far it is. */
export function positionLines({ manifest, manifestPath }: Savepoint): readonly string[] {
  return [
    `${titleOf(manifest)}  ${manifestPath}`,
    ...manifest.sources.flatMap(source => ['', ...sourceLines(source, manifest)]),
    ...clockLines(manifest),
  ]
}

function titleOf({ kind, number }: Manifest): string {
  return number === 0 ? kind : `${kind} ${number}`
}

function originLines({
  job,
  createdMs,
  formatVersion,
  keyGroups,
  stateDigest,
  manifestDigest,
}: Manifest): readonly string[] {
  return indented(
    facts([
      ['job', `${job.name}, graph ${job.graphDigest.slice(0, 12)}`],
      ['created', timestampText(createdMs, 'ms')],
      ['format', `${formatVersion}, ${keyGroups} key groups`],
      ['state digest', stateDigest ?? 'computed by headwater digest'],
      ['manifest digest', manifestDigest],
    ]),
  )
}

function sourceLines(source: ManifestSource, manifest: Manifest): readonly string[] {
  const { name, order, cut, log, partitions } = source
  const { timeUnit } = manifest
  const counts = manifest.counts.sources.find(each => each.name === name)
  const time = (value: number | null): string | null =>
    value === null ? null : timestampText(value, timeUnit)
  const rows = partitions.map(({ partition, history, next, runningMax }): readonly Cell[] => {
    const { first = null, last = null, rows: read = null, duplicates = null } = history ?? {}
    return [partition, first, last, read, duplicates, history && history.holes.length, next, time(runningMax)]
  })
  const head = ['partition', 'first', 'last', 'rows', 'duplicates', 'holes', 'next', 'newest event time']
  return [
    `source ${name} · history in order: ${order} · cut: ${cut}${log === null ? '' : ` · log ${log.name} (${log.id})`}`,
    ...(counts ? [`  ${countsText(counts)}`] : []),
    ...(rows.length > 0
      ? table(head, rows)
      : indented([`newest event time ${time(source.runningMax) ?? '-'}`])),
  ]
}

function countsText({ rows, duplicates, late, bad, pastCut }: Manifest['counts']['sources'][number]): string {
  const parts: readonly (readonly [number, string])[] = [
    [duplicates, 'duplicates'],
    [late, 'late'],
    [bad, 'bad'],
    [pastCut, 'past the cut'],
  ]
  return [`${count(rows)} rows`, ...parts.map(([number, what]) => `${count(number)} ${what}`)].join(', ')
}

function stateLines(manifest: Manifest): readonly string[] {
  const rows = manifest.operators.flatMap(operator => operatorRows(operator, manifest))
  return table(
    ['operator', 'key', 'keys', 'state', 'kind', 'type', 'layers', 'segments', 'entries', 'size'],
    rows,
  )
}

function operatorRows(operator: ManifestOperator, { counts }: Manifest): readonly (readonly Cell[])[] {
  const key = operator.key.fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')
  const keys = counts.operators.find(each => each.uid === operator.uid)?.keys ?? null
  if (operator.states.length === 0)
    return [[operator.uid, key, keys, null, null, null, null, null, null, null]]
  return operator.states.map(state => [operator.uid, key, keys, ...stateCells(state)])
}

function stateCells({ name, kind, type, layers }: ManifestState): readonly Cell[] {
  const segments = layers.flatMap(layer => layer.segments)
  const sum = (of: (segment: (typeof segments)[number]) => number): number =>
    segments.reduce((all, each) => all + of(each), 0)
  return [
    name,
    kind,
    typeName(type),
    layers.length,
    segments.length,
    sum(each => each.rows),
    byteCount(sum(each => each.bytes)),
  ]
}

function clockLines({ clocks, timeUnit }: Manifest): readonly string[] {
  if (clocks.length === 0) return []
  const rows = clocks.map(({ stage, clock }) => [
    stage,
    clock === null ? null : timestampText(clock, timeUnit),
  ])
  return ['', ...table(['stage', 'clock'], rows)]
}

function historyLines({ history }: Manifest): readonly string[] {
  return history.flatMap(({ source, files }) => {
    if (files.length === 0) return []
    const rows = files
      .slice(0, shownFiles)
      .map(({ path, rows: read, bytes }): readonly Cell[] => [path, read, byteCount(bytes)])
    const left = files.length - shownFiles
    return [
      '',
      ...table([`history of ${source}`, 'rows', 'size'], rows),
      ...(left > 0 ? [`  and ${left} more`] : []),
    ]
  })
}

function parentLines({ parents }: Manifest): readonly string[] {
  if (parents.length === 0) return []
  return [
    '',
    ...table(
      ['descends from', 'manifest digest'],
      parents.map(each => [each.path, each.manifestDigest]),
    ),
  ]
}

function sinkLines({ sinks }: Manifest): readonly string[] {
  const known = Object.entries(sinks)
  if (known.length === 0) return []
  return [
    '',
    ...table(
      ['sink', 'committed'],
      known.map(([name, state]) => [name, state === null ? 'nothing kept' : JSON.stringify(state)]),
    ),
  ]
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map(line => `  ${line}`)
}
