/** `headwater archive --follow` on a file log: files as records come, and the rest when it is told to stop. */
import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { t } from '../../src/record/type.ts'
import { createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { duckdb } from '../duckdb.ts'
import { tempFolders } from '../temp-folder.ts'
import { startHeadwater } from './headwater.ts'

describe('command line: archive --follow', () => {
  const folders = tempFolders()

  async function append(dir: string, from: number, end: number): Promise<void> {
    const writer = await openFileLogWriter(dir)
    const records = Array.from({ length: end - from }, (_, i) => ({ value: { n: from + i }, time: from + i }))
    await writer.append(0, records)
    await writer.close()
  }

  it('writes what comes, and on Ctrl-C what it has read, and says what may be trimmed', async () => {
    const cwd = folders()
    const log = join(cwd, 'log')
    await createFileLog(log, { partitions: 1, schema: { n: t.int32() } })
    await append(log, 0, 10)
    const words = ['archive', '--log', 'file:log', '--to', 'history', '--follow']
    const archiver = startHeadwater([...words, '--roll-records', '10', '--roll-every', '1h'], { cwd })
    await archiver.printed(/-00000000000000000010\.parquet {2}10 records/)
    await append(log, 10, 23)
    await archiver.printed(/-00000000000000000020\.parquet {2}10 records/)
    archiver.child.kill('SIGINT')
    const { code, stdout, stderr } = await archiver.ended
    expect(code).to.equal(0)
    expect(stderr).to.contain('stopping')
    // Of the last three those that were read before the signal.
    const rows = await duckdb(`SELECT n FROM read_parquet('${cwd}/history/*.parquet') ORDER BY n`)
    const archived = rows.length
    expect(archived).to.be.within(20, 23)
    expect(rows.map(({ n }) => Number(n))).to.deep.equal(Array.from({ length: archived }, (_, n) => n))
    expect(stdout).to.contain(`${archived} records archived in`)
    expect(stdout).to.match(new RegExp(`archived below.*\\b${archived}\\b`, 's'))
    expect(readdirSync(join(cwd, 'history')).filter(name => name.startsWith('.'))).to.deep.equal([])

    // The next one goes on where it stopped.
    await append(log, 23, 30)
    const again = startHeadwater([...words, '--roll-every', '100ms', '--json'], { cwd })
    await again.printed(`"next":30`)
    again.child.kill('SIGTERM')
    const end = (await again.ended).stdout.trimEnd().split('\n').at(-1) as string
    expect(JSON.parse(end)).to.include({ event: 'end', rows: 30 - archived })
  })

  it('refuses options of the other way to archive', async () => {
    const cwd = folders()
    await createFileLog(join(cwd, 'log'), { partitions: 1, schema: { n: t.int32() } })
    const words = ['archive', '--log', 'file:log', '--to', 'history']
    const wrong = await startHeadwater([...words, '--follow', '--before', '0:1'], { cwd }).ended
    expect([wrong.code, wrong.stderr]).to.satisfy(([code, text]: [number, string]) => code === 2 && /--before/.test(text)) // prettier-ignore
  })
})
