import { join } from 'node:path'
import { expect } from 'chai'
import { HeadwaterError } from '../../src/errors.ts'
import { createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { fileLogFolder, openLog } from '../../src/source/log-url.ts'
import { tempFolders } from '../temp-folder.ts'

describe('log address', () => {
  const tempFolder = tempFolders()

  it('file:DIR is a file log', async () => {
    const dir = join(tempFolder(), 'a log: with colons')
    await createFileLog(dir, { partitions: 3 })
    const { name, partitions } = await openLog(`file:${dir}`).describe()
    expect(name).to.equal(`file:${dir}`)
    expect(partitions).to.have.length(3)
    expect(fileLogFolder('file:log/purchases')).to.equal('log/purchases')
  })

  for (const [address, meant] of [
    ['log/purchases', 'file:log/purchases'],
    ['localhost:9092/payments', 'kafka://localhost:9092/payments'],
    ['10.0.0.1:9092/payments', 'kafka://10.0.0.1:9092/payments'],
  ] as const) {
    it(`says what '${address}' may be`, () => {
      expect(thrownBy(() => openLog(address)).remedy).to.equal(`write ${meant}`)
    })
  }

  for (const [address, code] of [
    ['kafka:topic', 'bad-log-address'],
    ['kafka://host:1/', 'bad-log-address'],
    ['kafka://host:x/t', 'bad-brokers'],
    ['pulsar://host/t', 'unknown-log-scheme'],
    ['log/purchases', 'unknown-log-scheme'],
    ['', 'unknown-log-scheme'],
    ['file:', 'bad-log-address'],
    ['file:///tmp/log', 'bad-log-address'],
  ] as const) {
    it(`refuses '${address}' and says what there is`, () => {
      const error = thrownBy(() => openLog(address))
      expect(error).to.include({ kind: 'invalid', code })
      expect(error.message).to.contain(address.startsWith('kafka:') ? 'host' : 'file:DIR')
    })
  }
})

function thrownBy(action: () => unknown): HeadwaterError {
  try {
    action()
  } catch (error) {
    if (error instanceof HeadwaterError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
