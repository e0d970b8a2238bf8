/**
 * Pathway's NATS and MQTT readers acknowledged what no snapshot covered yet. Here the outside is told (a sink's
 * `committed`) only once a checkpoint that covers it is on the disk, and never for what came after the last one.
 */
import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { Sink } from '../../src/sink/sink.ts'
import { purchase, retail, schema } from '../live/retail.ts'
import { begin, runToEnd } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function acknowledgedBeforeItIsCovered(logs: LogKind): void {
  describe(`failure 12: acknowledged before a savepoint covers it, on ${logs.name}`, () => {
    const folders = tempFolders()

    /** A sink that notes, whenever it is told of a commit, what it had written and where the newest manifest stands. */
    function witness(folder: string, failAfter: number) {
      const told: { readonly written: number; readonly covered: number | null | undefined }[] = []
      let written = 0
      const sink: Sink = {
        name: 'witness',
        guarantee: 'at-least-once',
        open: async () => ({
          write: async records => {
            written += records.length
            if (written > failAfter) throw new Error('the sink is gone')
          },
          prepare: async () => ({ written }),
          committed: async () => {
            const newest = readdirSync(join(folder, 'checkpoints', 'manifests'))
              .sort()
              .at(-1) as string
            const { manifest } = await openSavepoint(join(folder, 'checkpoints', 'manifests', newest))
            told.push({ written, covered: manifest.sources[0]?.partitions[0]?.next })
          },
          close: async () => undefined,
        }),
      }
      return { sink, told }
    }

    async function world() {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 1)
      await begin(retail, folder)
      await log.append(0, ...[1, 2, 3, 4, 5].map(n => purchase('ann', n)))
      return { folder, from: join(folder, 'savepoint'), maxBatchRecords: 1, checkpointEveryMs: 0 }
    }

    it('a commit is told when the manifest that covers all that was written is there', async () => {
      const { folder, ...options } = await world()
      const { sink, told } = witness(folder, Infinity)
      await runToEnd(retail, folder, { ...options, sinks: { totals: sink } })
      expect(told.at(-1)).to.deep.equal({ written: 5, covered: 5 })
      for (const { written, covered } of told) expect(covered).to.equal(written)
    })

    it('nothing is told of what came after the last checkpoint', async () => {
      const { folder, ...options } = await world()
      const { sink, told } = witness(folder, 3)
      const failed = await runToEnd(retail, folder, { ...options, sinks: { totals: sink } }).catch(
        (error: unknown) => error,
      )
      expect(failed).to.be.instanceOf(Error)
      expect(told.at(-1)).to.deep.equal({ written: 3, covered: 3 })
      const next = (await openSavepoint(join(folder, 'checkpoints'))).manifest.sources[0]?.partitions[0]?.next
      expect(next).to.equal(3)
    })
  })
}
