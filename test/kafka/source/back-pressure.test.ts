/** A topic that has far more than what may be buffered, read for a sink that is slow: memory is bounded, nothing is lost. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { tempFolders } from '../../temp-folder.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'

const child = fileURLToPath(new URL('slow-sink-child.ts', import.meta.url))
/** Of old space, MiB: half a million records as objects are more. */
const heap = 96
const mebibyte = 1 << 20

describe('a slow sink', () => {
  const { admin, addresses } = sharedBroker()
  const folders = tempFolders()

  it('holds its topic back: of 40 MiB no more waits than a few fetches of one, and every record is put out once', async () => {
    const topic = await newTopic(admin, 4)
    const messages = 500_000
    const { sum } = await admin.fill(topic, { messages, users: 1000 })
    const address = `kafka://${addresses.plaintext}/${topic}`
    const args = [`--max-old-space-size=${heap}`, '--expose-gc', '--import', 'tsx', child, address, folders()]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const found = JSON.parse(stdout) as { results: number; sum: number; held: number }
    expect(found).to.include({ results: messages, sum })
    expect(found.held).to.be.within(mebibyte / 2, 8 * mebibyte)
  })
})
