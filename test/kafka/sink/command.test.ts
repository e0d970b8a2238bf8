/** The command line with a topic as its sink: workers, tasks as processes that are killed, one process; `show`. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { startHeadwater, succeeds } from '../../cli/headwater.ts'
import { expected, taskWorld } from '../../cli/task-world.ts'
import { fileLogs } from '../../failures/log-kind.ts'
import { tempFolders } from '../../temp-folder.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'

interface Total {
  readonly customer: string
  readonly total: number
}

describe('command line: results by transactions to a topic', () => {
  const broker = sharedBroker()
  const folders = tempFolders()

  it('of workers, of tasks that are killed, and of one process are those of the state, once each', async () => {
    const world = await taskWorld(fileLogs, folders())
    const { cwd } = world
    const topic = await newTopic(broker.admin, 3)
    const pointers = `pointers-${randomUUID()}`
    const sink = `totals=kafka://${broker.addresses.plaintext}/${topic}?key=customer&pointers=${pointers}`
    const line = [...world.line.slice(0, -1), sink]

    async function results(): Promise<readonly Total[]> {
      const all: Total[] = []
      for (const partition of [0, 1, 2]) {
        const records = await broker.admin.read(topic, partition)
        all.push(...records.map(({ value }) => JSON.parse(value!.toString()) as Total))
      }
      return all
    }
    async function isExact(count: number): Promise<void> {
      expect(await world.totals('checkpoints')).to.deep.equal(expected(count))
      const all = await results()
      expect(all).to.have.length(count - 100) // the first hundred are history, which is mute
      expect(Object.fromEntries(all.map(({ customer, total }) => [customer, total]))).to.deep.equal(
        expected(count),
      )
      expect(new Set(all.map(each => JSON.stringify(each))).size).to.equal(count - 100)
    }

    await succeeds([...line, '--workers', '2', '--until-end'], { cwd })
    await isExact(200)
    const shown = await succeeds(['show', 'checkpoints'], { cwd })
    expect(shown).to.match(/transactions +lineage [0-9a-f]{32}, pointers in topic pointers-/)

    await world.append(200, 240)
    const tasks = [0, 1].map(index =>
      startHeadwater([...line, '--task', `${index}/2`, '--checkpoint-every', '0', '--json'], { cwd }),
    )
    // Each has its chain, so that one goes on whatever becomes of the other.
    for (const task of tasks) await task.printed(/"event":"progress"/)
    while ((await results()).length < 110) expect(tasks.map(({ child }) => child.exitCode)).to.include(null)
    tasks[0]!.child.kill('SIGKILL')
    await tasks[0]!.ended
    await succeeds([...line, '--task', '0/2', '--until-end'], { cwd })
    await succeeds(['stop', 'checkpoints'], { cwd })
    expect((await tasks[1]!.ended).code).to.equal(0)
    await world.append(240, 260)
    await succeeds([...line, '--until-end'], { cwd })
    await isExact(260)
    await world.append(260, 280)
    await succeeds([...line, '--workers', '2', '--until-end'], { cwd })
    await isExact(280)
  })
})
