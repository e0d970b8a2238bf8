/** The payments file that the benchmarks read: 10 M rows, 1 M users, made by DuckDB, the same on every machine. */
import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'

/** Rows and users of the file. */
export const payments = { rows: 10_000_000, users: 1_000_000 }

/** Makes the file if it is not there: user_id text, amount int64, ts timestamp(ms), in the order of ts; Snappy. */
export async function makePayments(path: string): Promise<void> {
  if (existsSync(path)) return
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  await connection.run(`
    COPY (
      SELECT 'u' || (hash(i) % ${payments.users})::VARCHAR AS user_id,
             (hash(i + 1) % 10000)::BIGINT AS amount,
             make_timestamp_ms(1690000000000 + i)::TIMESTAMP_MS AS ts
      FROM range(${payments.rows}) t(i)
    ) TO '${path}.part' (FORMAT parquet, COMPRESSION snappy)`)
  connection.closeSync()
  instance.closeSync()
  await rename(`${path}.part`, path)
}
