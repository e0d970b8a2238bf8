// A history within which its source got partitions: what of it can be bootstrapped, and how a run goes on from there.
import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import { archive } from '../../src/source/archive/archive.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { parquet } from '../../src/source/parquet.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { growthWorld, recount, spending, type GrowthWorld, type Purchase } from './growth-world.ts'

const purchases = (from: number, end: number): readonly Purchase[] =>
  Array.from({ length: end - from }, (_, i) => ({ customer: `c${(from + i) % 15}`, amount: from + i, at: 1000 * (from + i) })) // prettier-ignore

describe('a history that its source grew in', () => {
  const folders = tempFolders()

  /** Archived before and after it grew from 4 to 5 partitions; the files of before, and all. */
  async function grown(world: GrowthWorld, to: string): Promise<{ before: string[]; all: string[] }> {
    const files = async (): Promise<string[]> => {
      await archive({ log: fileLog(world.log), to })
      return readdirSync(to).filter(name => name.endsWith('.parquet')).map(name => join(to, name)) // prettier-ignore
    }
    await world.append(purchases(0, 60))
    const before = await files()
    await world.grow(1)
    await world.append(purchases(60, 120))
    return { before, all: await files() }
  }

  it('is refused whole where keys say that they stay, with the way that is left', async () => {
    const folder = folders()
    const world = await growthWorld(folder, 4)
    const { before, all } = await grown(world, join(folder, 'history'))
    const into = join(folder, 'past')
    const whole = bootstrap(spending, { history: { purchases: parquet(all) }, into })
    const { remedy } = await rejects(whole, 'data', 'not-partitioned-by-key')
    expect(remedy).to.match(/leave out the files from then on.*--new-partitions earliest/)

    // That way: what was before as history, and the rest of the log by the run.
    await bootstrap(spending, { history: { purchases: parquet(before) }, into })
    const refused = await rejects(world.all(1, { from: into }), 'invalid', 'handoff-refused')
    expect(refused.message).to.match(/partition-count-changed.*--new-partitions earliest/)
    await world.all(1, { from: into, newPartitions: 'earliest' })
    expect(await world.bought()).to.deep.equal(recount(world.written))
    expect(await world.wentBack()).to.deep.equal([])
    await world.append(purchases(120, 150))
    await world.all(2, { from: into })
    expect(await world.bought()).to.deep.equal(recount(world.written))
  })
})
