/** The only importer of @duckdb/node-api, which is optional: it is loaded when the first query runs. */
import type * as duckDb from '@duckdb/node-api'
import { HeadwaterError, invalid, messageOf, notInstalled } from '../../errors.ts'

/** A value of a result as JSON has it: whole numbers of 64 bits and decimals as text, nested values as lists and objects. */
export type QueryValue =
  null | boolean | number | string | readonly QueryValue[] | { readonly [name: string]: QueryValue }

/** Rows that come piece by piece. */
export interface QueryResult {
  readonly columns: readonly string[]
  /** Ends the database when it ends, or is left. */
  rows(): AsyncGenerator<readonly (readonly QueryValue[])[]>
}

/** A database in memory. */
export interface QueryDatabase {
  createView(name: string, parquetFile: string): Promise<void>
  run(sql: string): Promise<QueryResult>
  close(): void
}

/** Errors: `invalid`, code `no-duckdb`, where the package is not installed. */
export async function openDuckDb(): Promise<QueryDatabase> {
  const { DuckDBInstance } = await load()
  // Extensions would be downloaded; Parquet, CSV and JSON are built in.
  const settings = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' }
  const instance = await DuckDBInstance.create(':memory:', settings)
  const connection = await instance.connect()
  const close = (): void => {
    connection.closeSync()
    instance.closeSync()
  }
  await connection.run(`SET TimeZone = 'UTC'`)
  return {
    close,
    createView: async (name, file) => {
      const [quoted, path] = [name.replaceAll('"', '""'), file.replaceAll(`'`, `''`)]
      await connection.run(`CREATE VIEW "${quoted}" AS SELECT * FROM read_parquet('${path}')`)
    },
    run: async sql => {
      const result = await connection.stream(sql).catch((error: unknown) => {
        throw badQuery(sql, error)
      })
      const rows = async function* (): ReturnType<QueryResult['rows']> {
        try {
          for await (const piece of result.yieldRowsJson()) yield piece
        } catch (error) {
          throw badQuery(sql, error)
        } finally {
          close()
        }
      }
      return { columns: result.deduplicatedColumnNames(), rows }
    },
  }
}

async function load(): Promise<typeof duckDb> {
  try {
    return await import('@duckdb/node-api')
  } catch (cause) {
    throw notInstalled('no-duckdb', 'query', '@duckdb/node-api', cause)
  }
}

function badQuery(sql: string, cause: unknown): Error {
  if (cause instanceof HeadwaterError) return cause
  const remedy = 'correct the SQL; states are views like "UID.STATE", in double quotes'
  return invalid({ code: 'bad-query', thing: sql.slice(0, 200), found: messageOf(cause), remedy, cause })
}
