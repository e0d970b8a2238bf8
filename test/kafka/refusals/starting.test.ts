/** What a start on a topic is refused for, in whole words. */
import { join } from 'node:path'
import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import { job } from '../../../src/job/builder.ts'
import type { Job } from '../../../src/job/job.ts'
import type { RunOptions } from '../../../src/live/live.ts'
import { ndjson } from '../../../src/sink/ndjson.ts'
import { ndjsonParts } from '../../../src/sink/ndjson-parts.ts'
import { source } from '../../../src/source/declare.ts'
import { value } from '../../../src/state/state.ts'
import { headwater } from '../../cli/headwater.ts'
import { retailJob } from '../../cli/sample.ts'
import { purchase, retail, schema } from '../../live/retail.ts'
import { addressOf, begin, bootstrapFrom, runToEnd } from '../../live/world.ts'
import { tempFolders } from '../../temp-folder.ts'
import { named, said } from '../support/said.ts'
import { sharedBroker } from '../support/shared-broker.ts'
import { worldTopic, type WorldTopic } from '../support/topic-logs.ts'

const totalsOf = (options: object = {}) => {
  const purchases = source('purchases', { schema, eventTime: 'at', partitionedByKey: true, ...options })
  return job('retail')
    .from(purchases)
    .keyBy('customer')
    .apply('spend', {
      state: { total: value(t.float64(), 0) },
      emits: { name: t.string(), total: t.float64() },
      onRecord({ amount }, { total }, out) {
        total.set(total.get() + amount)
        out.emit({ name: out.key, total: total.get() })
      },
    })
}

const spending = (options: object): Job => totalsOf(options).to('totals')

describe('what a start on a topic is refused for', () => {
  const { admin } = sharedBroker()
  const folders = tempFolders()

  interface World {
    readonly folder: string
    readonly log: WorldTopic
    readonly from: string
  }

  /** Two records in history, one more in the topic. */
  async function world(of: Job = retail, partitions: number = 2): Promise<World> {
    const folder = folders()
    const log = await worldTopic(folder, 'purchases', schema, partitions)
    await log.append(0, purchase('ann', 1), purchase('ann', 2))
    await log.archive(2, 0)
    await bootstrapFrom(of, folder)
    await log.append(0, purchase('ann', 4))
    return { folder, log, from: join(folder, 'savepoint') }
  }

  it('a topic that was made again', async () => {
    const { folder, log, from } = await world()
    const { id } = await admin.describeTopic(log.topic)
    const again = await admin.recreateTopic(log.topic, 2)
    const text = await said(runToEnd(retail, folder, { from }), log.topic)
    expect(text.replaceAll(id, 'ID').replaceAll(again, 'AGAIN')).to.equal(
      'invalid handoff-refused: job retail: ' +
        'found log-recreated: ' +
        'source purchases: ' +
        'expected log kafka:CLUSTER/ID (purchases), ' +
        'found log kafka:CLUSTER/AGAIN at kafka://BROKER/TOPIC; ' +
        'positions of one log mean nothing in another: name the log that the history came from, or bootstrap again',
    )
  })

  it('records that are gone, unless --on-gap earliest leaves them out for ever', async () => {
    const { folder, log, from } = await world()
    await log.append(0, purchase('ann', 8))
    await log.trim(3)
    expect(await said(runToEnd(retail, folder, { from, onGap: 'fail' }), log.topic)).to.equal(
      'invalid handoff-refused: job retail: ' +
        'found gap: ' +
        'source purchases partition 0: ' +
        'expected offset 2, the first not applied, ' +
        'found kafka://BROKER/TOPIC begins at 3: offsets 2 to 2 are missing; ' +
        'bootstrap again from a history that reaches further, or leave them out for ever with --on-gap earliest',
    )
    const { savepoint } = await runToEnd(retail, folder, { from, onGap: 'earliest' })
    const [accepted] = savepoint.manifest.accepted ?? []
    expect({ ...accepted, found: named(accepted?.found ?? '', log.topic), atMs: 0 }).to.deep.equal({
      code: 'gap',
      thing: 'source purchases partition 0',
      found: 'kafka://BROKER/TOPIC begins at 3: offsets 2 to 2 are missing',
      flag: '--on-gap earliest',
      atMs: 0,
    })
  })

  it('partitions that were added', async () => {
    const { folder, log, from } = await world()
    await log.grow(1)
    expect(await said(runToEnd(retail, folder, { from }), log.topic)).to.equal(
      'invalid handoff-refused: job retail: ' +
        'found new-partition: ' +
        'source purchases partition 2: ' +
        'expected the 2 partitions that the savepoint knows, ' +
        'found partition 2 in kafka://BROKER/TOPIC; ' +
        'read it from its beginning with --new-partitions earliest',
    )
    const keyed = spending({})
    const other = await world(keyed)
    await other.log.grow(1)
    expect(await said(runToEnd(keyed, other.folder, { from: other.from }), other.log.topic)).to.equal(
      'invalid handoff-refused: job retail: ' +
        'found partition-count-changed: ' +
        'source purchases partition 2: ' +
        'expected the 2 partitions among which its keys were divided, ' +
        'found partition 2 in kafka://BROKER/TOPIC: keys have moved, and nothing orders what their old and their new partition hold; ' +
        'read it from its beginning with --new-partitions earliest, with one task until all is read that was there before',
    )
  })

  it('messages that are no records of the schema, at plan', async () => {
    const folder = folders()
    const columns = { customer: t.string(), quantity: t.int32(), price: t.float64(), at: t.timestamp('ms') }
    const log = await worldTopic(folder, 'purchases', columns, 1)
    await log.append(0, { customer: 'ann', quantity: 1, price: 2, at: 0 })
    await log.archive(1)
    await log.append(0, { customer: 'ann', quantity: 'many', at: 0 })
    const cwd = folder
    const more = ['--history', 'history-purchases', '--into', 'savepoint']
    await headwater(['bootstrap', retailJob, ...more], { cwd })
    const address = `purchases=${addressOf(folder, 'purchases')}`
    const args = ['plan', retailJob, '--from', 'savepoint', '--log', address]
    const { code, stderr } = await headwater(args, { cwd })
    expect(code).to.equal(1)
    const remedy =
      "declare the field as log and history have it, or say badRecords: 'skip' or 'keep' for the source where such records may be left out"
    expect(stderr.trimEnd()).to.equal(
      'invalid handoff-refused: job retail: found ' +
        `schema-mismatch: source purchases partition 0: field 'quantity': expected int32, found string many at offset 1, in 1 of 1 records; ${remedy} · ` +
        `schema-mismatch: source purchases partition 0: field 'price': expected float64, found no such field at offset 1, in 1 of 1 records; ${remedy}`,
    )
  })

  describe('as one of several tasks', () => {
    const run = (of: Job, folder: string, options: Partial<RunOptions<Job>> = {}) =>
      runToEnd(of, folder, {
        from: join(folder, 'savepoint'),
        task: { index: 0, count: 2 },
        sinks: { totals: ndjsonParts(join(folder, 'out')) },
        ...options,
      })

    /** A topic of two partitions, into which the Java client puts those keys. */
    async function keyed(of: Job, ...keys: readonly string[]): Promise<World> {
      const folder = folders()
      const log = await worldTopic(folder, 'purchases', schema, 2)
      await begin(of, folder)
      await log.appendByKey(...keys.map(key => ({ key, value: purchase(key, 1) })))
      return { folder, log, from: join(folder, 'savepoint') }
    }

    it('another partitioner than the declared one', async () => {
      const of = spending({ partitioner: 'crc32' })
      const { folder, log } = await keyed(of, 'ann', 'bob', 'cid', 'dee')
      expect(await said(run(of, folder), log.topic)).to.equal(
        'invalid wrong-partitioner: ' +
          'source purchases partition 0 offset 0: message key "ann": ' +
          'expected partition 1, by crc32, ' +
          'found it in partition 0; ' +
          'declare the partitioner of who writes the log (partitioner of the source), or run the job with one task',
      )
    })

    it('messages without keys', async () => {
      const of = spending({})
      const { folder, log } = await keyed(of)
      await log.append(1, purchase('ann', 1))
      expect(await said(run(of, folder), log.topic)).to.equal(
        'invalid no-message-key: ' +
          'source purchases partition 1 offset 0: ' +
          'expected a message key, which says whose record it is, ' +
          'found none; ' +
          'run the job with one task',
      )
    })

    it('keys of the job that messages of several keys have', async () => {
      const of = spending({})
      const { folder, log } = await keyed(of)
      await log.appendByKey(...['ann', 'gus', 'dee', 'ida'].map(key => ({ key, value: purchase('all', 1) })))
      expect(await said(run(of, folder), log.topic)).to.equal(
        'invalid not-partitioned-by-key: key all, source purchases partition 1 offset 0: ' +
          'expected records of this key in partition 0, where another one is, ' +
          'found one in another partition; ' +
          'key the job by what the log is partitioned by, or run it with one task',
      )
    })

    it('a source that does not say that it is partitioned by its key, more tasks than partitions, one sink for all', async () => {
      const anyhow = spending({ partitionedByKey: false })
      const first = await keyed(anyhow, 'ann')
      expect(await said(run(anyhow, first.folder), first.log.topic)).to.equal(
        'invalid not-for-tasks: stage spend: ' +
          'expected what 2 tasks can do without each other: each stage fed by one source that is partitioned by its key, ' +
          'found source purchases, which does not say partitionedByKey: a key may be in any partition, and the clock is that of all of them; ' +
          'run the job with one task',
      )
      const of = spending({})
      const { folder, log } = await keyed(of, 'ann')
      expect(await said(run(of, folder, { task: { index: 0, count: 3 } }), log.topic)).to.equal(
        'invalid too-many-tasks: job retail: ' + 'expected at most 2 tasks, one a partition, ' + 'found 3',
      )
      const sinks = { totals: ndjson(join(folder, 'totals.ndjson')) }
      expect((await said(run(of, folder, { sinks }), log.topic)).replaceAll(folder, 'FOLDER')).to.equal(
        'invalid not-for-tasks: sink totals (ndjson:FOLDER/totals.ndjson): ' +
          'expected what 2 tasks can do without each other: each stage fed by one source that is partitioned by its key, ' +
          'found a sink that one task alone can write; ' +
          'give it ndjson:DIR/',
      )
    })

    it('stages that exchange records', async () => {
      const of = totalsOf()
        .keyBy('name')
        .apply('count', {
          state: { seen: value(t.float64(), 0) },
          onRecord: (_, { seen }, out) => {
            seen.set(seen.get() + 1)
            out.emit({ seen: seen.get() })
          },
        })
        .to('totals') as unknown as Job
      const { folder, log } = await keyed(of, 'ann')
      expect(await said(run(of, folder), log.topic)).to.equal(
        'invalid not-for-tasks: stage count: ' +
          'expected what 2 tasks can do without each other: each stage fed by one source that is partitioned by its key, ' +
          'found records that another stage puts out: their keys may belong to other tasks; ' +
          'run the job with one task',
      )
    })
  })
})
