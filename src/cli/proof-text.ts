/** The proof of a handoff for people. */
import { timestampText } from '../codec/iso-time.ts'
import { badData } from '../errors.ts'
import type { Accepted, PhaseCounts } from '../savepoint/handoff-facts.ts'
import { provedJoins, type HandoffProof, type PartitionProof, type SourceProof } from '../savepoint/proof.ts'
import { count, table, type Cell } from './table.ts'

const columns = [
  'partition',
  'first in history',
  'last in history',
  'first live',
  'next',
  'read live',
  'overlap ends',
  'join',
] as const

/** Lines of text. */
export function proofLines(proof: HandoffProof): readonly string[] {
  const { job, kind, number, manifestDigest } = proof
  const origin = number === 0 ? kind : `${kind} ${number}`
  return [
    `job ${job} · ${origin} (${manifestDigest.slice(0, 12)})${proof.approximate ? ' · approximate' : ''}`,
    ...proof.sources.flatMap(source => ['', ...sourceLines(source)]),
    ...acceptedLines(proof.accepted),
    '',
    proof.proved ? 'proved: every record once' : 'not proved',
  ]
}

/** What was accepted, for people; nothing where nothing was. */
export function acceptedLines(accepted: readonly Accepted[]): readonly string[] {
  if (accepted.length === 0) return []
  const rows = accepted.map(({ code, thing, found, flag, atMs }): readonly Cell[] => [
    code,
    thing,
    found,
    flag,
    timestampText(atMs, 'ms'),
  ])
  return ['', ...table(['accepted', 'of', 'found', 'with', 'at'], rows)]
}

function sourceLines({ source, log, cut, phases, partitions }: SourceProof): readonly string[] {
  return [
    `source ${source} · cut: ${cut}${log === null ? '' : ` · log ${log.name} (${log.id})`}`,
    ...table(columns, partitions.map(partitionCells)),
    ...(phases === null
      ? []
      : Object.entries<PhaseCounts>({ ...phases }).map(([phase, counts]) => phaseLine(phase, counts))),
  ]
}

function phaseLine(phase: string, { rows, duplicates, late }: PhaseCounts): string {
  return `  ${phase}: ${count(rows)} records, ${count(duplicates)} duplicates left out, ${count(late)} late`
}

function partitionCells(proof: PartitionProof): readonly Cell[] {
  const { partition, firstInHistory, lastInHistory, firstLive, begun, next, live, overlapEnd } = proof
  return [
    partition,
    firstInHistory,
    lastInHistory,
    firstLive,
    begun ? next : 'not begun',
    live,
    overlapEnd,
    joinText(proof),
  ]
}

/** How history and log join, what is missing named. */
export function joinText({ join, holes, duplicatesInHistory }: PartitionProof): string {
  const shown = holes
    .slice(0, 3)
    .map(([from, end]) => (end - from === 1 ? `${from}` : `${from} to ${end - 1}`))
  const more = holes.length > shown.length ? ` and ${holes.length - shown.length} more` : ''
  const missing = shown.length === 0 ? '' : `: ${shown.join(', ')}${more}`
  const twice =
    duplicatesInHistory === 0 ? '' : `, ${count(duplicatesInHistory)} duplicates in history left out`
  return `${join}${missing}${twice}`
}

/** Throws `data`, code `handoff-unproved`, unless it is proved. */
export function refuseUnproved(proof: HandoffProof, path: string): void {
  if (proof.proved) return
  const accepted = proof.accepted.map(({ thing, flag }) => `${thing} (${flag})`)
  const joins = proof.sources.flatMap(unprovedOf)
  throw badData({
    code: 'handoff-unproved',
    thing: path,
    expected: 'history and log to join without a hole in every partition, and nothing approximate accepted',
    found: [...joins.slice(0, 5), ...(accepted.length > 0 ? [`accepted: ${accepted.join(', ')}`] : [])].join(
      ' · ',
    ),
    remedy: 'bootstrap again from a whole history, with offsets or with record ids',
  })
}

function unprovedOf({ source, partitions }: SourceProof): readonly string[] {
  if (partitions.length === 0) return [`source ${source}: no partition is known`]
  return partitions.flatMap(each =>
    provedJoins.has(each.join) ? [] : [`source ${source} partition ${each.partition} ${joinText(each)}`],
  )
}
