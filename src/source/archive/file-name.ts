/** The names of an archive's files: sorted by name, a partition's are in order. */
import type { Offset } from '../../record/position.ts'

/** Where a file stands in the chain of its partition: what it covers, or says to be lost. */
export interface FilePlace {
  readonly partition: number
  readonly first: Offset
  readonly next: Offset
}

const pattern = /-p(\d+)-(\d{20})-(\d{20})(?:\.lost)?\.parquet$/

/**
 * `purchases-p0-00000000000000000000-00000000000000001000.parquet`; `log` is the log's name. A file that says that these
 * records are lost ends in `.lost.parquet`.
 */
export function fileName(log: string, { partition, first, next }: FilePlace, lost: boolean = false): string {
  const base = log.split(/[/\\:]/).findLast(part => part !== '' && part !== '.' && part !== '..') ?? 'log'
  const name = base.replaceAll(/[^\w.-]/g, '_').replace(/^\.+/, '')
  const range = `p${partition}-${padded(first)}-${padded(next)}`
  return `${name === '' ? 'log' : name}-${range}${lost ? '.lost' : ''}.parquet`
}

/** What a name says; null for one that is no archive's. */
export function placeOf(name: string): FilePlace | null {
  const [, partition, first, next] = pattern.exec(name) ?? []
  if (next === undefined) return null
  return { partition: Number(partition), first: Number(first), next: Number(next) }
}

function padded(offset: Offset): string {
  return String(offset).padStart(20, '0')
}
