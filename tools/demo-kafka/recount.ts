/** Holds what the job left against what others count: DuckDB over the archive, the Java client over the output topic. */
import { duckdb } from '../../test/duckdb.ts'
import type { KafkaAdmin } from '../kafka/admin.ts'

/** Where to look. */
export interface Remains {
  readonly admin: KafkaAdmin
  /** The folder of the archive, which has every payment. */
  readonly archive: string
  /** What `scan --json` prints of the two states. */
  readonly counts: string
  readonly totals: string
}

/** What was counted. */
export interface Recounted {
  readonly payments: number
  readonly users: number
  /** Messages in the output topic. */
  readonly results: number
}

interface Sums {
  readonly count: number
  readonly total: number
}

/** Throws, by name, when anything is missing or doubled. */
export async function recount({ admin, archive, counts, totals }: Remains): Promise<Recounted> {
  const files = `read_parquet('${archive}/*.parquet', union_by_name = true)`
  const [all] = await duckdb(
    `SELECT count(*)::INT AS n, count(DISTINCT (_partition, _offset))::INT AS d, count(DISTINCT id)::INT AS ids FROM ${files}`,
  )
  same('payments in the archive, by place and by id', [all?.['n'], all?.['n']], [all?.['d'], all?.['ids']])
  const rows = await duckdb(
    `SELECT user, count(*)::INT AS c, sum(amount)::BIGINT AS s FROM ${files} GROUP BY user`,
  )
  const expected = new Map(
    rows.map(row => [row['user'] as string, { count: Number(row['c']), total: Number(row['s']) }] as const),
  )
  const state = statesOf(counts, totals)
  same('users in the state', state.size, expected.size)
  for (const [user, sums] of expected) same(`state of ${user}`, state.get(user), sums)
  const results = await checkOutput(admin, expected)
  return { payments: all?.['n'] as number, users: expected.size, results }
}

function statesOf(counts: string, totals: string): ReadonlyMap<string, Sums> {
  const valuesOf = (text: string, state: string): Map<string, number> =>
    new Map(
      text
        .trimEnd()
        .split('\n')
        .map(line => {
          const entry = JSON.parse(line) as Record<string, unknown>
          return [entry['user'] as string, entry[state] as number] as const
        }),
    )
  const totalOf = valuesOf(totals, 'total')
  return new Map(
    [...valuesOf(counts, 'count')].map(([user, count]) => [user, { count, total: totalOf.get(user) ?? NaN }]),
  )
}

/** Each user's results must count on by one up to the state's, in order, none missing and none twice. */
async function checkOutput(admin: KafkaAdmin, expected: ReadonlyMap<string, Sums>): Promise<number> {
  const last = new Map<string, Sums>()
  let results = 0
  const { partitions } = await admin.describeTopic('totals')
  for (const { partition } of partitions) {
    for (const { key, value } of await admin.read('totals', partition)) {
      const { user, ...sums } = JSON.parse(value!.toString()) as Sums & { readonly user: string }
      same(`key of a result of ${user}`, key?.toString(), user)
      const before = last.get(user)
      if (before !== undefined) same(`result of ${user} after ${before.count}`, sums.count, before.count + 1)
      last.set(user, sums)
      results++
    }
  }
  for (const [user, sums] of last) same(`last result of ${user}`, sums, expected.get(user))
  return results
}

function same(what: string, found: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}: expected ${other}, found ${one}`)
}
