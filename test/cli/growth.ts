/** The topic of a job that several processes share gets a partition: they stop, one process reads what keys left behind, they go on. */
import { expect } from 'chai'
import { partitionOfKey } from '../../src/codec/partition-of-key.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { join } from 'node:path'
import type { LogKind } from '../failures/log-kind.ts'
import { addressOf } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'
import { headwater, succeeds } from './headwater.ts'
import { expected, names, taskWorld } from './task-world.ts'

/** By hand: whose records the one task has in the first two partitions, and the other task their keys by three. */
const movers = names.filter(name => partitionOfKey(name, 2) % 2 !== partitionOfKey(name, 3) % 2)

/** Growth of logs of that kind. */
export function growthOn(logs: LogKind): void {
  describe(`command line: growth under tasks, on ${logs.name}`, () => {
    const folder = tempFolders()
    const accepting = ['--new-partitions', 'earliest'] as const

    it('all stop, each with a checkpoint; while keys still move several are refused, and one task makes it good', async () => {
      expect(movers).not.to.deep.equal([])
      const world = await taskWorld(logs, folder())
      const { cwd, line } = world
      const plan = ['plan', 'keyed.ts', '--from', 'checkpoints', '--log', addressOf(cwd, 'purchases')]
      const runs = [world.start(0, 2), world.start(1, 2)]
      await world.emitted(100, ...runs)
      await world.log.grow(1)
      for (const { ended } of runs) {
        const { code, stderr } = await ended
        expect(code).to.equal(1)
        expect(stderr).to.contain('partition-count-changed').and.to.contain('--new-partitions earliest')
      }
      expect(await world.totals('checkpoints')).to.deep.equal(expected(200))
      expect(await world.results()).to.deep.equal({ count: 100, last: expected(200) })
      const refused = await headwater(plan, { cwd })
      expect(refused.code).to.equal(1)
      expect(refused.stderr).to.contain('partition-count-changed')
      // A producer that has not heard of it writes on.
      await world.appendAmong(2, 200, 240)
      await world.appendAmong(3, 240, 260)
      expect(await succeeds([...plan, ...accepting], { cwd })).to.contain(
        'Kafka gives a moved key no order between its old and its new partition',
      )
      const [task, until] = [
        ['--task', '0/2'],
        ['--until-end', '--json'],
      ]
      const moving = await headwater([...line, ...task, ...until, ...accepting], { cwd })
      expect(moving.code).to.equal(1)
      expect(moving.stderr).to.contain('keys-still-moving').and.to.contain('with one task')
      const kinds = (await openSavepoint(join(cwd, 'checkpoints'))).heads?.map(
        ({ manifest }) => manifest.kind,
      )
      expect(kinds).to.deep.equal(['checkpoint', 'checkpoint'])
      await succeeds([...line, ...until, ...accepting], { cwd })
      expect(await world.totals('checkpoints')).to.deep.equal(expected(260))
      await world.appendAmong(3, 260, 300)
      await Promise.all([world.toEnd(0, 2), world.toEnd(1, 2)])
      expect(await world.totals('checkpoints')).to.deep.equal(expected(300))
      // Of a key that moved, the order of what its partitions hold together is nobody's.
      expect((await world.results()).count).to.equal(200)
      expect(await succeeds(['verify', 'checkpoints'], { cwd })).to.contain('sound')
    })
  })
}
