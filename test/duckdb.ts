/** DuckDB, another engine, to say what is in our files. */
import { DuckDBInstance } from '@duckdb/node-api'

/** Runs a query in a fresh database of one thread; rows as JSON values (whole numbers of 64 bits as text). */
export async function duckdb(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    await connection.run(`SET TimeZone = 'UTC'`)
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
