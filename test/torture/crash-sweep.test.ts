/** A part of `npm run torture`: every change of a store stopped at some of its file-system calls, and power losses. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const cwd = fileURLToPath(new URL('../../', import.meta.url))

async function swept(
  file: string,
  ...more: readonly string[]
): Promise<{ readonly code: number | null; readonly text: string }> {
  const hooks = ['--import', './tools/torture/faulty-fs.mjs', '--import', 'tsx']
  const child = spawn(process.execPath, [...hooks, `tools/torture/${file}`, ...more], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, text }
}

describe('a process that stops, and a power loss, at file-system calls', function () {
  this.timeout(120_000)

  it('show the old or the new, sound, and leave nothing', async () => {
    const { code, text } = await swept('crash-sweep.ts', '--every', '29')
    expect(text.split('\n').filter(line => line.startsWith('FAILED'))).to.deep.equal([])
    expect(code, text).to.equal(0)
    expect(text.match(/^ok/gm)?.length).to.equal(8)
  })

  it('among the seals of tasks, lose nothing and double nothing', async () => {
    const only = ['--only', 'seals and another generation', '--mode', 'mixed', '--every', '281']
    const { code, text } = await swept('task-sweep.ts', ...only)
    expect(code, text).to.equal(0)
    expect(text).to.match(/^ok .*stopped [1-9]/m)
  })
})
