// Tasks on a file log, and what is refused on any.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { fileLogs } from '../failures/log-kind.ts'
import { tempFolders } from '../temp-folder.ts'
import { headwater } from './headwater.ts'
import { taskWorld } from './task-world.ts'
import { tasksOn } from './tasks.ts'

tasksOn(fileLogs)

describe('command line: tasks that can not be', () => {
  const folder = tempFolders()

  it('what is wrong with one worker stops all, and is told', async () => {
    const { cwd, line, log } = await taskWorld(fileLogs, folder())
    await log.appendByKey({ key: 'ann', value: { customer: 'ann', quantity: 1, at: 1 } })
    const { code, stderr } = await headwater([...line, '--workers', '2'], { cwd })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^data .*partition \d offset/m)
  })

  for (const [what, more, message] of [
    ['no number', ['--task', 'x'], /--task/],
    ['a number that is too high', ['--task', '2/2'], /0\/3/],
    ['both', ['--task', '0/2', '--workers', '2'], /--workers/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { cwd, line } = await taskWorld(fileLogs, folder())
      const { code, stderr } = await headwater([...line, ...more], { cwd })
      expect(code).to.be.oneOf([1, 2])
      expect(stderr).to.match(message)
      expect(existsSync(join(cwd, 'checkpoints'))).to.equal(false)
    })
  }
})
