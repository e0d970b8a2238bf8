/** Parquet files as a source's history. */
import type { History } from './history.ts'
import type { ParquetOptions } from './parquet/parquet-options.ts'

export type { ParquetOptions } from './parquet/parquet-options.ts'

/**
 * The Parquet files that match, as a history: `parquet('history/2011-*.parquet')`. Patterns know `*`, `**`, `?`, `[..]`,
 * `{a,b}` and `!not`; a folder stands for all `.parquet` files below it, and folders like `month=2011-10/` give their
 * files a column. Files are ordered by path, segment by segment. Values are taken exactly or refused.
 * Errors, when planned: `invalid` `empty-glob`, `missing-column`, `column-type`, `mixed-positions`, `duplicate-file`;
 * `data` `not-parquet`, `truncated-file`, `corrupt-file`; `unavailable` `unreadable-file`. When read: `data`
 * `corrupt-file`, `inexact-value`, `bad-position`; `conflict` `file-changed`; `unavailable` `unreadable-file`.
 */
export function parquet(pattern: string | readonly string[], options: ParquetOptions = {}): History {
  const patterns = typeof pattern === 'string' ? [pattern] : pattern
  return {
    name: patterns.join(' '),
    plan: async request => {
      // Imported only here, so that a program which reads no history loads no Parquet and no Arrow.
      const { planHistory } = await import('./parquet/plan-history.ts')
      return planHistory(patterns, options, request)
    },
  }
}
