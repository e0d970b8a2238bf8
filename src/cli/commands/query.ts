/** `headwater query`: SQL over the states of a savepoint. */
import type { QueryValue } from '../../savepoint/query/query.ts'
import type { Command } from '../cli.ts'
import { readingProgress } from '../row-progress.ts'
import { savepointArgument } from '../savepoint-output.ts'
import { GrowingTable } from '../table.ts'

export const queryCommand: Command = {
  name: 'query',
  summary: 'Ask the states of a savepoint in SQL, by DuckDB',
  about:
    'Each state is a view named "UID.STATE", in double quotes; Parquet, CSV and JSON files are read by their paths. Needs the ' +
    'package @duckdb/node-api. States are kept as Parquet files in the user’s cache folder.',
  positionals: [savepointArgument, { name: 'SQL', text: 'one statement' }],
  options: {},
  examples: [
    [
      `query savepoints/november 'select * from "spend-per-customer.total" order by total desc limit 10'`,
      'the largest',
    ],
    [
      `query savepoints/november 'select country, sum(total) from "spend-per-customer.total" join "customers.csv" using (customer) group by all'`,
      'with a file beside it',
    ],
  ],
  run: async (args, session) => {
    const [{ query }, { readPinned }] = await Promise.all([
      import('../../savepoint/query/query.ts'),
      import('../../savepoint/pinned.ts'),
    ])
    const result = await readPinned(args.word('SAVEPOINT'), savepoint =>
      query(savepoint, args.word('SQL'), { onRead: readingProgress(session, 'query', [savepoint]) }),
    )
    session.progress.end()
    const lines = new GrowingTable()
    const head = result.columns
    for await (const rows of result.rows()) {
      if (session.json)
        await session.out.lines(
          rows.map(row => JSON.stringify(Object.fromEntries(row.map((value, i) => [head[i], value])))),
        )
      else
        await session.out.lines(
          lines.add(
            head,
            rows.map(row => row.map(cellText)),
          ),
        )
    }
  },
}

function cellText(value: QueryValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
