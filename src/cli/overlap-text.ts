/** What comparing history and log found, for people, and where the history is. */
import { badData } from '../errors.ts'
import type {
  OverlapCheck,
  OverlapExample,
  SourceOverlapCheck,
} from '../handoff/overlap-check/overlap-check.ts'
import type { Manifest } from '../savepoint/manifest.ts'
import type { History } from '../source/history.ts'
import type { Arguments } from './arguments.ts'
import { addressesByName } from './named.ts'
import { count, table, type Cell } from './table.ts'

/** The histories of the job's sources: those that were given, else the files that the savepoint was made of. */
export async function overlapHistories(
  args: Arguments,
  sources: readonly string[],
  manifest: Manifest,
): Promise<ReadonlyMap<string, History>> {
  const { parquet } = await import('../source/parquet.ts')
  const pinned = new Map(manifest.history.map(({ source, files }) => [source, files.map(({ path }) => path)]))
  const given = args.list('history').length > 0
  const patterns = given
    ? addressesByName(args, { option: 'history', what: 'source', names: sources })
    : pinned
  const { positionsFromText } = await import('../source/position-presets.ts')
  const entries = [...patterns].flatMap(([name, paths]): [string, History][] => {
    const from = manifest.sources.find(source => source.name === name)?.positionsFrom
    if (paths.length === 0) return []
    return [[name, parquet(paths, from === undefined ? {} : { position: positionsFromText(from) })]]
  })
  return new Map(entries)
}

/** Lines of text. */
export function overlapLines({ sources, same }: OverlapCheck): readonly string[] {
  return [
    ...sources.flatMap(sourceLines),
    same ? 'history and log have the same records' : 'history and log differ',
  ]
}

function sourceLines({ source, by, partitions, examples }: SourceOverlapCheck): readonly string[] {
  const rows = partitions.map((each): readonly Cell[] => [
    each.partition ?? 'all',
    each.from,
    each.until,
    each.compared,
    each.missing,
    each.extraKnown ? each.extra : 'not known',
    each.different,
  ])
  const columns = ['partition', 'from', 'until', 'in both', 'missing', 'extra', 'different']
  return [
    `source ${source}: history and log compared by ${by === 'id' ? 'record id' : 'offset'}`,
    ...table(columns, rows),
    ...examples.flatMap(exampleLines),
  ]
}

function exampleLines({ kind, partition, offset, id, history, log }: OverlapExample): readonly string[] {
  const place = [
    ...(partition === null ? [] : [`partition ${partition} offset ${offset}`]),
    ...(id === null ? [] : [`id ${id}`]),
  ].join(', ')
  const side = (name: string, text: string | null): string =>
    `    ${name}  ${text ?? 'no record of the schema'}`
  return [
    `  ${kind}: ${place}`,
    ...(kind === 'missing' ? [] : [side('history', history)]),
    ...(kind === 'extra' ? [] : [side('log    ', log)]),
  ]
}

/** Throws `data`, code `overlap-differs`, unless nothing does. */
export function refuseDifferent({ sources, same }: OverlapCheck): void {
  if (same) return
  const found = sources.flatMap(({ source, missing, extra, different }) => {
    if (missing + extra + different === 0) return []
    return [`${source}: ${count(missing)} missing, ${count(extra)} extra, ${count(different)} different`]
  })
  throw badData({
    code: 'overlap-differs',
    thing: 'history and log',
    expected: 'the same records where both should have them',
    found: found.join(' · '),
    remedy: 'bootstrap again from a history that is what the log was',
  })
}
