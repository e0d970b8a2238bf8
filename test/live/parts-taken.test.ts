// Finished parts belong to their reader, at once: also those that a start finished which never came to a checkpoint of its own.
import { expect } from 'chai'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ndjsonParts } from '../../src/sink/ndjson-parts.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { purchase, retail, schema } from './retail.ts'
import { begin, runToEnd, worldLog } from './world.ts'

describe('parts that their reader takes', () => {
  const folders = tempFolders()

  it('as soon as they are finished: a job that fails again and again fails for the same reason, and each is taken once', async () => {
    const folder = folders()
    const out = join(folder, 'out')
    const log = await worldLog(folder, 'purchases', schema, 1)
    await begin(retail, folder)
    await log.append(0, purchase('ann', 1), purchase('ann', 2), purchase('ann', -1), purchase('ann', 4))
    const from = join(folder, 'savepoint')
    const each = { sinks: { totals: ndjsonParts(out) }, maxBatchRecords: 1, checkpointEveryMs: 0, from }
    const taken: string[] = []
    for (let start = 0; start < 4; start++) {
      await rejects(runToEnd(retail, folder, each), 'invalid', 'operator-failed')
      for (const name of readdirSync(out).filter(file => !file.startsWith('.'))) {
        taken.push(readFileSync(join(out, name), 'utf8'))
        rmSync(join(out, name))
      }
    }
    expect(taken).to.deep.equal(['{"customer":"ann","total":1}\n{"customer":"ann","total":3}\n'])
  })
})
