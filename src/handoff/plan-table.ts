/** The plan for people: what `headwater plan` prints. */
import type { HandoffPlan, PartitionPlan, SourcePlan } from './handoff.ts'
import { isGrownOver, type SourceGrowth, type SourceOverlap } from '../savepoint/handoff-facts.ts'
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
  moved:
    'any order gives the same but of keys that moved: Kafka gives a moved key no order between its old and its new partition',
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
    ...sampleLines(plan),
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

function sourceLines({
  source,
  log,
  order,
  cut,
  overlap,
  partitions,
  growths,
}: SourcePlan): readonly string[] {
  const cells = [columns, ...partitions.map(partitionCells)]
  const widths = columns.map((_, i) => Math.max(...cells.map(row => (row[i] as string).length)))
  const rows = cells.map(row =>
    `  ${row.map((cell, i) => padded(cell, widths[i] as number, i)).join('  ')}`.trimEnd(),
  )
  return [
    `source ${source} on ${log?.name ?? 'no log'} · history in order: ${order} · cut: ${cut}`,
    ...(overlap === null ? [] : [overlapLine(overlap)]),
    ...growthLines(growths, partitions),
    ...rows,
  ]
}

/** The growths of which something is still to be read. */
function growthLines(
  growths: readonly SourceGrowth[] = [],
  partitions: readonly PartitionPlan[],
): readonly string[] {
  return growths
    .filter(growth => !isGrownOver(growth, partitions))
    .map(({ count, partitions: grown }) => {
      const ends = grown.map(({ partition, end }) => `${partition}:${end}`).join(',')
      return `  grown beyond ${count} partitions: up to ${ends} they may hold records of keys that have moved`
    })
}

function overlapLine({ recordId, cutMs, ends }: SourceOverlap): string {
  const from = cutMs === null ? '' : `records that the log took from ${new Date(cutMs).toISOString()} on`
  const until = (ends ?? []).map(([partition, end]) => `${partition}:${end}`).join(',')
  const by =
    recordId === null
      ? 'applied twice where the history has them'
      : `left out where the history has their ${recordId}`
  return `  overlap: ${from}, up to ${until}, are ${by}`
}

/** What the look at the first records found that is no reason to refuse. */
function sampleLines({ samples = [], refusals }: HandoffPlan): readonly string[] {
  return samples.flatMap(({ source, sampled, mismatches, absent }) => [
    `source ${source}: the first ${sampled} records were looked at`,
    ...absent.map(field => `  no record has the optional field '${field}'`),
    ...(refusals.some(({ code }) => code === 'schema-mismatch') ? [] : mismatches).map(
      ({ partition, field, expected, found, records }) =>
        `  partition ${partition}: ${records} bad: ${field ?? 'value'}: expected ${expected}, found ${found}`,
    ),
  ])
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
