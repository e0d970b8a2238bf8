/**
 * The whole way, by the commands of README.md: a bug put wrong totals into 137 keys of a live job; they are found by a rebuilt
 * savepoint, repaired, and the job goes on, exactly once.
 */
import { expect } from 'chai'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readmeBlock, runCommands } from '../../tools/readme.ts'
import { succeeds } from '../cli/headwater.ts'
import { installIn } from '../readme/install.ts'
import { tempFolders } from '../temp-folder.ts'

const customers = 400
const wrongCustomers = 137
const day = 86_400_000

interface Total {
  readonly customer: string
  readonly total: number
}

/** Purchases `from` to `end`: from the third of each on, those of 137 customers cost more than 1000. */
function purchases(from: number, end: number) {
  return Array.from({ length: end - from }, (_, i) => {
    const n = from + i
    const who = n % customers
    const isDear = who < wrongCustomers && n >= 2 * customers
    return {
      customer: `c${who}`,
      quantity: 1 + (n % 3),
      price: isDear ? 1001 + who : 1 + who,
      at: 1_730_000_000_000 + (n * day) / 100,
    }
  })
}

/** What each customer has spent after so many purchases, and the totals on the way. */
function totals(count: number): {
  readonly ends: ReadonlyMap<string, number>
  readonly emitted: readonly Total[]
} {
  const ends = new Map<string, number>()
  const emitted = purchases(0, count).map(({ customer, quantity, price }) => {
    const total = (ends.get(customer) ?? 0) + quantity * price
    ends.set(customer, total)
    return { customer, total }
  })
  return { ends, emitted }
}

const jsonLines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as unknown)
function byCustomer(all: readonly Total[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>()
  for (const { customer, total } of all) found.set(customer, [...(found.get(customer) ?? []), total])
  return found
}

describe('a repair from end to end', () => {
  const folders = tempFolders()

  it('finds exactly the 137 keys with wrong totals, repairs them, and the job goes on exactly once', async () => {
    const cwd = folders()
    const bin = installIn(cwd)
    const append = (from: number, end: number, ...more: readonly string[]) =>
      succeeds(['log', 'append', 'file:log/purchases', '--time', 'at', ...more], {
        cwd,
        stdin: [
          purchases(from, end)
            .map(line => `${JSON.stringify(line)}\n`)
            .join(''),
        ],
      })
    const outputs = (): Total[] => jsonLines(readFileSync(join(cwd, 'totals.ndjson'), 'utf8')) as Total[]

    // The bug: what is above 1000 is counted twice. It ran over history, and then live.
    const right = readmeBlock('ts job.ts')
    const wrong = right.replace('purchase.quantity * purchase.price', '(purchase.price > 1000 ? 2 : 1) * $&')
    expect(wrong).to.not.equal(right)
    writeFileSync(join(cwd, 'job.ts'), wrong)
    const made = ['--partitions', '2', '--key', 'customer', '--job', 'job.ts', '--roll']
    await append(0, 2 * customers, ...made)
    await succeeds(['archive', '--log', 'file:log/purchases', '--to', 'history'], { cwd })
    await succeeds(['bootstrap', 'job.ts', '--history', 'history', '--into', 'savepoints/first'], { cwd })
    await append(2 * customers, 3 * customers)
    const live = [
      '--log',
      'purchases=file:log/purchases',
      '--sink',
      'totals=ndjson:totals.ndjson',
      '--until-end',
    ]
    await succeeds(['run', 'job.ts', '--from', 'savepoints/first', ...live, '--checkpoints', 'checkpoints'], {
      cwd,
    })
    const before = outputs()
    expect(before).to.have.length(customers)

    // The bug is found and corrected, and the README is followed.
    writeFileSync(join(cwd, 'job.ts'), right)
    await runCommands(cwd, 'repair', bin)
    const edits = jsonLines(readFileSync(join(cwd, 'edits.ndjson'), 'utf8')) as {
      key: string
      set: number
      expect: number
    }[]
    const { ends } = totals(3 * customers)
    expect(edits.map(({ key }) => key).sort()).to.deep.equal(
      Array.from({ length: wrongCustomers }, (_, i) => `c${i}`).sort(),
    )
    for (const { key, set, expect: was } of edits) {
      expect(set).to.equal(ends.get(key))
      expect(was).to.be.greaterThan(set)
    }
    const scanned = async (savepoint: string): Promise<ReadonlyMap<string, number>> => {
      const rows = jsonLines(
        await succeeds(['scan', savepoint, 'spend-per-customer', 'total', '--json'], { cwd }),
      ) as Total[]
      return new Map(rows.map(({ customer, total }) => [customer, total]))
    }
    expect(await scanned('savepoints/repaired')).to.deep.equal(ends)
    expect(outputs()).to.deep.equal(before)

    // The corrected job goes on: every later purchase once, in the state and in what it emits.
    await append(3 * customers, 4 * customers)
    await runCommands(cwd, 'repaired', bin)
    const all = totals(4 * customers)
    expect(await scanned('checkpoints-2')).to.deep.equal(all.ends)
    expect(outputs().slice(0, customers)).to.deep.equal(before)
    expect(byCustomer(outputs().slice(customers))).to.deep.equal(byCustomer(all.emitted.slice(3 * customers)))
    const lineage = await succeeds(['show', 'checkpoints-2', '--lineage'], { cwd })
    expect(lineage).to.match(/edit by \S+@\S+.*--from-file edits\.ndjson/)
  })
})
