// Tasks on a file log, and what is refused on any.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { fileLogs } from '../failures/log-kind.ts'
import { tempFolders } from '../temp-folder.ts'
import { headwater, program, succeeds } from './headwater.ts'
import { taskWorld, type TaskWorld } from './task-world.ts'
import { tasksOn } from './tasks.ts'

tasksOn(fileLogs)

describe('command line: tasks that can not be', () => {
  const folder = tempFolders()

  /** A world of which the results are printed. */
  async function printingWorld(): Promise<TaskWorld & { readonly printing: readonly string[] }> {
    const world = await taskWorld(fileLogs, folder())
    return Object.assign(world, { printing: [...world.line.slice(0, -1), 'totals=stdout'] })
  }

  it('what is wrong with one worker stops all, and is told', async () => {
    const { cwd, line, log } = await taskWorld(fileLogs, folder())
    await log.appendByKey({ key: 'ann', value: { customer: 'ann', quantity: 1, at: 1 } })
    const { code, stderr } = await headwater([...line, '--workers', '2'], { cwd })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^data .*partition \d offset/m)
  })

  it('what workers can not print is an error, and is printed by the next run', async function () {
    if (process.platform !== 'linux') return this.skip()
    const { cwd, printing } = await printingWorld()
    const words = [process.execPath, program, ...printing, '--workers', '2', '--until-end']
    const line = `${words.map(word => `"${word}"`).join(' ')} > /dev/full; echo $?`
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line], { cwd })
    expect(stdout).to.equal('1\n')
    expect(stderr).to.match(/^unavailable sink-write-failed: stdout: found .*ENOSPC/m)
    const next = await succeeds([...printing, '--until-end'], { cwd })
    expect(next.trimEnd().split('\n')).to.have.length(100)
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
