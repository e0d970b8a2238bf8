// 24. An older savepoint restored; the sink skips commits with lower ids: data silently lost. Ids carry the lineage.
import { expect } from 'chai'
import { join } from 'node:path'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { callback } from '../../src/sink/callback.ts'
import { fileTransactions, transactionalSink } from '../live/file-transactions.ts'
import { TransactionsWorld } from '../live/transactions-world.ts'
import { tempFolders } from '../temp-folder.ts'

describe('failure 24: an older savepoint restored', () => {
  const folders = tempFolders()

  it('its outputs go out under a new lineage: none is lost, whatever was committed under the old one', async () => {
    const world = await new TransactionsWorld(folders(), 1).begin()
    const sinks = {
      totals: transactionalSink(fileTransactions(world.topics)),
      parts: callback(() => undefined),
    }
    await world.append(3)
    const first = await world.run(undefined, { sinks })
    await world.append(5)
    await world.run(undefined, { sinks })
    expect(await world.committed()).to.have.length(8)
    // Back to what it was after three records, in a folder of its own: numbers begin anew, below those committed before.
    const checkpoints = join(world.folder, 'again')
    const { savepoint, plan } = await world.run(undefined, {
      checkpoints,
      from: first.savepoint.manifestPath,
    })
    expect(plan.sources[0]?.partitions[0]?.next).to.equal(3)
    expect(savepoint.manifest.number).to.be.at.most((await openSavepoint(world.checkpoints)).manifest.number)
    const again = (await world.committed()).slice(8)
    expect(again).to.deep.equal((await world.committed()).slice(3, 8))
    const old = (await openSavepoint(world.checkpoints)).manifest.transactions
    expect(savepoint.manifest.transactions).to.deep.equal({
      ...old,
      lineage: savepoint.manifest.transactions?.lineage,
    })
    expect(savepoint.manifest.transactions?.lineage).not.to.equal(old?.lineage)
    // Both lines go on, each for itself.
    await world.append(2)
    await world.run(undefined, { sinks, checkpoints, from: undefined })
    await world.run(undefined, { sinks })
    expect(await world.committed()).to.have.length(8 + 5 + 2 + 2)
  })
})
