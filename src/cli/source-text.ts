/** Sources for people: where history ended, where live reading began, how far it is, whether the two join. */
import { timestampText } from '../codec/iso-time.ts'
import type { CountsByPhase } from '../savepoint/handoff-facts.ts'
import type { Manifest, ManifestSource, SourceCounts } from '../savepoint/manifest.ts'
import { handoffProof, type PartitionProof } from '../savepoint/proof.ts'
import { acceptedLines, joinText } from './proof-text.ts'
import { count, facts, table, type Cell } from './table.ts'

const columns = [
  'partition',
  'first in history',
  'last',
  'rows',
  'first live',
  'next',
  'read live',
  'join',
  'newest event time',
] as const

/** Lines about all sources, the clocks of stages, and what was accepted. */
export function sourcesLines(manifest: Manifest): readonly string[] {
  const proof = handoffProof(manifest)
  return [
    ...manifest.sources.flatMap((source, i) => [
      '',
      ...sourceLines(source, manifest, proof.sources[i]!.partitions),
    ]),
    ...acceptedLines(proof.accepted),
    ...clockLines(manifest),
  ]
}

function sourceLines(
  source: ManifestSource,
  { counts, timeUnit }: Manifest,
  proofs: readonly PartitionProof[],
): readonly string[] {
  const { name, order, cut, log, partitions } = source
  const time = (value: number | null): string | null =>
    value === null ? null : timestampText(value, timeUnit)
  const rows = partitions.map(({ history, runningMax }, i): readonly Cell[] => {
    const { partition, firstInHistory, lastInHistory, firstLive, begun, next, live } = proofs[i]!
    const inHistory = [firstInHistory, lastInHistory, history?.rows ?? null] as const
    const reading = begun ? ([firstLive, next, live] as const) : ([null, next, null] as const)
    return [partition, ...inHistory, ...reading, joinText(proofs[i]!), time(runningMax)]
  })
  const counted = counts.sources.find(each => each.name === name)
  const from = log === null ? [] : [`log ${log.name} (${log.id})`]
  return [
    [`source ${name}`, ...orderTexts(order), `cut: ${cut}`, ...from].join(' · '),
    ...(rows.length > 0 ? table(columns, rows) : [`  newest event time ${time(source.runningMax) ?? '-'}`]),
    ...(counted === undefined ? [] : countsLines(counted)),
  ]
}

function orderTexts(order: ManifestSource['order']): readonly string[] {
  return order === 'none' ? ['no history'] : [`history in order: ${order}`]
}

function countsLines({ rows, duplicates, late, bad, pastCut, phases }: SourceCounts): readonly string[] {
  const parts: readonly (readonly [number, string])[] = [
    [duplicates, 'duplicates left out'],
    [late, 'late'],
    [bad, 'bad'],
    [pastCut, 'past the cut'],
  ]
  const some = parts.map(([number, what]) => `${count(number)} ${what}`).join(', ')
  return [`  ${count(rows)} records${phasesText(phases)}, ${some}`]
}

/** ` (4 of history, 2 live)`; the overlap only where there is one. */
function phasesText(phases: CountsByPhase | undefined): string {
  if (phases === undefined) return ''
  const { history, overlap, live } = phases
  const between = overlap.rows + overlap.duplicates > 0 ? [`${count(overlap.rows)} of the overlap`] : []
  return ` (${[`${count(history.rows)} of history`, ...between, `${count(live.rows)} live`].join(', ')})`
}

function clockLines({ clocks, timeUnit }: Manifest): readonly string[] {
  if (clocks.length === 0) return []
  const known = clocks.map(({ stage, clock }): readonly [string, string] => [
    `clock of ${stage}`,
    clock === null ? 'not begun' : timestampText(clock, timeUnit),
  ])
  return ['', ...facts(known)]
}
