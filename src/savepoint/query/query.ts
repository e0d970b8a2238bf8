/**
 * SQL over a savepoint's states, by DuckDB: each is a view named "UID.STATE" with the columns of `scan` and the key group.
 * Files beside them are read by their paths, as in DuckDB everywhere.
 *
 * parquet-cache.ts  the states as Parquet files, made when first asked for · duckdb.ts  the engine
 */
import { storedState, type StoredState } from '../find-state.ts'
import { readPinned } from '../pinned.ts'
import type { Savepoint } from '../savepoint.ts'
import { openDuckDb, type QueryResult } from './duckdb.ts'
import { cachedParquet, type ParquetCacheOptions } from './parquet-cache.ts'

export type { QueryResult, QueryValue } from './duckdb.ts'

/**
 * Runs one statement. Only states whose name stands in the text are made ready; all of them where none does. Errors: those
 * of `pin` and `scanState`; `invalid`, codes `bad-query` and `no-duckdb`; `unavailable`.
 */
export async function query(
  savepoint: string | Savepoint,
  sql: string,
  options: ParquetCacheOptions = {},
): Promise<QueryResult> {
  const database = await openDuckDb()
  try {
    // The statement reads the files that were made of the states: the savepoint is needed no longer than that.
    await readPinned(savepoint, async opened => {
      for (const state of wantedStates(opened, sql)) {
        const { uid, state: named } = state.table
        await database.createView(`${uid}.${named.name}`, await cachedParquet(opened, state, options))
      }
    })
    return await database.run(sql)
  } catch (error) {
    database.close()
    throw error
  }
}

function wantedStates({ manifest }: Savepoint, sql: string): readonly StoredState[] {
  const all = manifest.operators.flatMap(operator =>
    operator.states.map(state => storedState(operator, state)),
  )
  const text = sql.toLowerCase()
  const named = all.filter(({ table: { uid, state } }) =>
    text.includes(`${uid}.${state.name}`.replaceAll('"', '""').toLowerCase()),
  )
  return named.length > 0 ? named : all
}
