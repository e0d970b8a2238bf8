/** A job that several processes share, or several threads of one: by its folder it is one. */
import { join } from 'node:path'
import { expect } from 'chai'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { LogKind } from '../failures/log-kind.ts'
import { tempFolders } from '../temp-folder.ts'
import { startHeadwater, succeeds } from './headwater.ts'
import { expected, taskWorld } from './task-world.ts'

/** Tasks that read logs of that kind. */
export function tasksOn(logs: LogKind): void {
  describe(`command line: tasks, on ${logs.name}`, () => {
    const folder = tempFolders()

    it('two processes share a job; one savepoint is of both, one stop is for both, and one process goes on', async () => {
      const world = await taskWorld(logs, folder())
      const { cwd, line } = world
      const runs = [world.start(0, 2), world.start(1, 2)]
      await world.emitted(100, ...runs)
      const told = JSON.parse(
        await succeeds(['savepoint', 'checkpoints', '--into', 'taken', '--json'], { cwd }),
      ) as object
      expect(told).to.include({ event: 'savepoint' })
      expect(await world.totals('taken')).to.deep.equal(expected(200))
      await succeeds(['stop', 'checkpoints'], { cwd })
      for (const { ended } of runs) expect((await ended).code).to.equal(0)
      expect(await world.totals('checkpoints')).to.deep.equal(expected(200))
      expect(await stateDigest(await openSavepoint(join(cwd, 'checkpoints')))).to.equal(
        (await openSavepoint(join(cwd, 'taken'))).manifest.stateDigest,
      )
      expect(await succeeds(['show', 'checkpoints'], { cwd })).to.match(/tasks +2/)
      await world.append(200, 220)
      await succeeds([...line, '--until-end'], { cwd })
      expect(await world.totals('checkpoints')).to.deep.equal(expected(220))
      expect(await world.results()).to.deep.equal({ count: 120, last: expected(220) })
    })

    it('a task that was killed goes on by itself, and all is exact in the end', async () => {
      const world = await taskWorld(logs, folder())
      const { cwd, line } = world
      const [first, second] = [world.start(0, 2, '--checkpoint-every', '0'), world.start(1, 2)]
      await world.emitted(100, first, second)
      await world.append(200, 230)
      first.child.kill('SIGKILL')
      await first.ended
      await succeeds([...line, '--task', '0/2', '--until-end'], { cwd })
      expect(second.child.exitCode).to.equal(null)
      await succeeds(['stop', 'checkpoints'], { cwd })
      expect((await second.ended).code).to.equal(0)
      await succeeds([...line, '--until-end'], { cwd })
      expect(await world.totals('checkpoints')).to.deep.equal(expected(230))
      expect(await world.results()).to.deep.equal({ count: 130, last: expected(230) })
    })

    it('--workers does the same in threads, and ends with one folded savepoint', async () => {
      const world = await taskWorld(logs, folder())
      const { cwd, line } = world
      const out = await succeeds([...line, '--workers', '2', '--until-end', '--json'], { cwd })
      const ended = JSON.parse(out) as { readonly savepoint: string; readonly stateDigest: string }
      expect(ended).to.include({ event: 'ended', reason: 'end' })
      expect(await world.totals('checkpoints')).to.deep.equal(expected(200))
      expect(await world.results()).to.deep.equal({ count: 100, last: expected(200) })
      const alone = await taskWorld(logs, folder())
      const one = await succeeds([...alone.line, '--until-end', '--json'], { cwd: alone.cwd })
      expect(ended.stateDigest).to.equal((JSON.parse(one) as typeof ended).stateDigest)
      // It waits for more, and is stopped as any run.
      const live = startHeadwater([...line, '--workers', '2', '--json'], { cwd })
      await world.append(200, 210)
      await world.emitted(110, live)
      live.child.kill('SIGTERM')
      const { code, stdout } = await live.ended
      expect(code).to.equal(0)
      expect(JSON.parse(stdout)).to.include({ reason: 'stopped' })
      expect(await world.totals('checkpoints')).to.deep.equal(expected(210))
    })
  })
}
