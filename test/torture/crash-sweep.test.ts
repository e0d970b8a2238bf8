/** A part of `npm run torture`: every change of a store stopped at some of its file-system calls, and power losses. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

describe('a process that stops, and a power loss, at file-system calls', function () {
  this.timeout(120_000)

  it('show the old or the new, sound, and leave nothing', async () => {
    const cwd = fileURLToPath(new URL('../../', import.meta.url))
    const sweep = [
      '--import',
      './tools/torture/faulty-fs.mjs',
      '--import',
      'tsx',
      'tools/torture/crash-sweep.ts',
    ]
    const child = spawn(process.execPath, [...sweep, '--every', '29'], {
      cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    const code = await new Promise<number | null>(resolve => child.on('close', resolve))
    expect(text.split('\n').filter(line => line.startsWith('FAILED'))).to.deep.equal([])
    expect(code, text).to.equal(0)
    expect(text.match(/^ok/gm)?.length).to.equal(8)
  })
})
