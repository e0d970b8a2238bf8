/** Where a savepoint came from, for people: its ancestors, and who repaired what on the way. */
import { timestampText } from '../codec/iso-time.ts'
import type { LineageStep } from '../savepoint/lineage.ts'
import type { AuditEntry, AuditedState } from '../savepoint/manifest.ts'
import { table, type Cell } from './table.ts'

/** Lines about the ancestors, and then about each repair. */
export function lineageLines(steps: readonly LineageStep[], audit: readonly AuditEntry[]): readonly string[] {
  const rows = steps.map(({ path, status, kind, createdMs, repair, manifestDigest }) => [
    path,
    kind ?? status,
    createdMs === null ? null : timestampText(createdMs, 'ms'),
    repair === null ? null : repair.command,
    manifestDigest.slice(0, 12),
  ])
  return [
    ...table(['savepoint', 'kind', 'created', 'made by', 'manifest'], rows),
    ...audit.flatMap(repairLines),
  ]
}

function repairLines({ command, user, host, atMs, arguments: words, states }: AuditEntry): readonly string[] {
  const changed = states.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after))
  return [
    '',
    `  ${command} by ${user}@${host}, ${timestampText(atMs, 'ms')}: ${words.join(' ')}`,
    ...(changed.length === 0 ? ['  as many keys and entries as before'] : countedLines(changed)),
  ]
}

/** How much states had and have. */
export function countedLines(states: readonly AuditedState[]): readonly string[] {
  return table(
    ['state', 'keys before', 'after', 'entries before', 'after'],
    states.map(({ uid, state, before, after }): readonly Cell[] => [
      `${uid}/${state}`,
      before && before.keys,
      after && after.keys,
      before && before.entries,
      after && after.entries,
    ]),
  )
}
