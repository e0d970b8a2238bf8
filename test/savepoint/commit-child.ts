/** Run as a process of its own by commit tests: `race STORE COUNT` or `write FOLDER`. */
import { systemClock } from '../../src/clock.ts'
import { HeadwaterError } from '../../src/errors.ts'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { draftOf, writeLayers } from './model.ts'
import { sampleDraft } from './samples.ts'

const table: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}

/** Two of these want every number; each prints those that it got, and how often it lost. */
async function race(path: string, count: number): Promise<void> {
  const store = await openStore(path, systemClock)
  process.stdout.write('ready\n')
  await new Promise(resolve => process.stdin.once('data', resolve))
  const won: number[] = []
  let lost = 0
  while (store.newestNumber < count) {
    const number = store.newestNumber + 1
    try {
      await store.commit(number, sampleDraft({ createdMs: number }))
      won.push(number)
    } catch (error) {
      if (!(error instanceof HeadwaterError) || error.code !== 'lost-ownership') throw error
      lost++
      await store.newest()
    }
  }
  process.stdout.write(`${JSON.stringify({ attempt: store.attempt, won, lost })}\n`)
  process.stdin.destroy()
}

/** Writes a savepoint, and waits for a line before it commits; the parent may kill it on the way. */
async function write(path: string): Promise<void> {
  const folder = await prepareFolder(path, systemClock)
  process.stdout.write('begun\n')
  const keys = Array.from({ length: 20_000 }, (_, i) => `key ${i}`)
  try {
    const state = await writeLayers(folder, table, 4, [
      keys.map(key => ({ key, clear: false, values: [key.length] })),
    ])
    process.stdout.write('flushed\n')
    await new Promise(resolve => process.stdin.once('data', resolve))
    await folder.commit(sampleDraft(draftOf(table, state, 4)))
    process.stdout.write('committed\n')
  } catch (error) {
    await folder.abandon()
    process.stdout.write(`${JSON.stringify(error)}\n`)
  }
  process.stdin.destroy()
}

const [what, path, count] = process.argv.slice(2)
await (what === 'race' ? race(path!, Number(count)) : write(path!))
