/** The plan for people: what `headwater plan` prints. */
import type { HandoffPlan, PartitionPlan, SourcePlan } from './handoff.ts'
import { refusalLine } from './refuse.ts'

const columns = [
  'partition',
  'last in history',
  'first to read',
  'earliest',
  'latest',
  'to do',
  'verdict',
] as const

const schedules = {
  any: 'any order of the live records gives the same: every key has one partition and one clock',
  canonical: 'the run equals one that took the records below the cut in the canonical schedule',
} as const

/** Lines of text, without a newline at the end of each. */
export function planTable(plan: HandoffPlan): readonly string[] {
  const { from } = plan
  const origin = from.number === 0 ? from.kind : `${from.kind} ${from.number}`
  return [
    `job ${plan.job} from ${origin} (${from.manifestDigest.slice(0, 12)})${plan.graphChanged ? ', its graph has changed' : ''}`,
    ...plan.sources.flatMap(sourceLines),
    ...stateLines(plan),
    `equivalence: ${schedules[plan.schedule]}`,
    ...acceptedLines(plan),
    ...(plan.ok ? ['ready'] : plan.refusals.map(refusal => `refused  ${refusalLine(refusal)}`)),
  ]
}

function acceptedLines({ accepted, approximate }: HandoffPlan): readonly string[] {
  const lines = accepted.map(
    ({ code, thing, found, flag, atMs }) =>
      `accepted ${atMs === null ? 'now' : 'before'}: ${code}: ${thing}: ${found} (${flag})`,
  )
  return approximate ? [...lines, 'approximate: records may be missing, or applied twice'] : lines
}

function sourceLines({ source, log, order, cut, partitions }: SourcePlan): readonly string[] {
  const cells = [columns, ...partitions.map(partitionCells)]
  const widths = columns.map((_, i) => Math.max(...cells.map(row => (row[i] as string).length)))
  const rows = cells.map(row =>
    `  ${row.map((cell, i) => padded(cell, widths[i] as number, i)).join('  ')}`.trimEnd(),
  )
  return [`source ${source} on ${log?.name ?? 'no log'} · history in order: ${order} · cut: ${cut}`, ...rows]
}

function partitionCells(plan: PartitionPlan): readonly string[] {
  const numbers = [plan.partition, plan.lastInHistory, plan.next, plan.earliest, plan.latest, plan.toDo]
  return [...numbers.map(number => (number === null ? '-' : String(number))), plan.verdict]
}

/** Numbers to the right, the verdict to the left. */
function padded(cell: string, width: number, column: number): string {
  return column === columns.length - 1 ? cell : cell.padStart(width)
}

function stateLines({ states }: HandoffPlan): readonly string[] {
  if (states.length === 0) return []
  return [`states: ${states.map(({ uid, state, action }) => `${uid}/${state} ${action}`).join(', ')}`]
}
