import { expect } from 'chai'
import { existsSync, linkSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { ndjson } from '../../src/sink/ndjson.ts'
import { source } from '../../src/source/declare.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { begin, runToEnd, worldLog } from './world.ts'

const schema = { customer: t.string(), n: t.int32() }

/** `whole` gets every record, `large` the larger ones; `large` is opened first. */
const twoSinks = job('two-sinks')
  .from(source('events', { schema }))
  .keyBy('customer')
  .apply('large', {
    state: {},
    onRecord({ n }, _, out) {
      if (n > 1) out.emit({ n })
    },
  })
  .to('large')
  .apply('whole', { state: {}, onRecord: ({ n }, _, out) => out.emit({ n }) })
  .to('whole')

describe('files of sinks', () => {
  const folders = tempFolders()

  async function world() {
    const folder = folders()
    const log = await worldLog(folder, 'events', schema, 1)
    await begin(twoSinks, folder)
    const from = join(folder, 'savepoint')
    const sinks = (whole: string, large: string) => ({
      whole: ndjson(join(folder, whole)),
      large: ndjson(join(folder, large)),
    })
    return { folder, log, from, sinks }
  }

  it('that a checkpoint was not made with are refused, and none is cut', async () => {
    const { folder, log, from, sinks } = await world()
    await runToEnd(twoSinks, folder, { from }) // both are empty yet
    writeFileSync(join(folder, 'mine'), '{"precious":1}\n')
    await log.append(0, { customer: 'a', n: 1 })
    const run = runToEnd(twoSinks, folder, { sinks: sinks('whole.ndjson', 'mine') })
    await rejects(run, 'conflict', 'sink-not-empty')
    expect(readFileSync(join(folder, 'mine'), 'utf8')).to.equal('{"precious":1}\n')
  })

  it('that were swapped stay as they are', async () => {
    const { folder, log, from, sinks } = await world()
    const records = [2, 1, 1].map(n => ({ customer: 'a', n }))
    await log.append(0, ...records)
    await runToEnd(twoSinks, folder, { from })
    const texts = (): string[] =>
      ['whole', 'large'].map(name => readFileSync(join(folder, `${name}.ndjson`), 'utf8'))
    const before = texts()
    expect(before).to.deep.equal(['{"n":2}\n{"n":1}\n{"n":1}\n', '{"n":2}\n'])
    const run = runToEnd(twoSinks, folder, { sinks: sinks('large.ndjson', 'whole.ndjson') })
    await rejects(run, 'conflict', 'other-sink-file')
    expect(texts()).to.deep.equal(before)
  })

  it('are all looked at before one is cut', async () => {
    const { folder, log, from } = await world()
    await log.append(0, { customer: 'a', n: 2 })
    await runToEnd(twoSinks, folder, { from })
    const large = join(folder, 'large.ndjson')
    writeFileSync(large, `${readFileSync(large, 'utf8')}after the checkpoint`)
    writeFileSync(join(folder, 'whole.ndjson'), '')
    await rejects(runToEnd(twoSinks, folder), 'data', 'sink-lost-output')
    expect(readFileSync(large, 'utf8')).to.equal('{"n":2}\nafter the checkpoint')
  })

  it('are one a sink, whatever the names: nothing is opened', async () => {
    const { folder, from, sinks } = await world()
    const refused = async (whole: string, large: string): Promise<void> => {
      const error = await rejects(
        runToEnd(twoSinks, folder, { from, sinks: sinks(whole, large) }),
        'invalid',
        'same-sink-file',
      )
      expect(error.message).to.contain('sinks large and whole')
      expect(existsSync(join(folder, 'checkpoints'))).to.equal(false)
    }
    await refused('x', 'x')
    await refused('x', 'savepoint/../x')
    symlinkSync(folder, join(folder, 'here'))
    await refused('x', 'here/x')
    expect(existsSync(join(folder, 'x'))).to.equal(false)
    writeFileSync(join(folder, 'x'), '')
    linkSync(join(folder, 'x'), join(folder, 'y'))
    await refused('x', 'y')
  })
})
