/** Clusters in which one broker alone, the controller, makes topics; the others answer NOT_CONTROLLER (41). */
import { expect } from 'chai'
import { startBroker } from '../../../tools/kafka/broker.ts'
import { rejects } from '../../rejects.ts'
import { sharedBroker } from '../support/shared-broker.ts'
import { startProxy, type CuttingProxy } from './cutting-proxy.ts'
import { newLineage, placeFor } from './producing.ts'

const createTopics = 19

/** CreateTopics, version 7, of a broker that is not the controller. */
function notController(api: number): Buffer | null {
  if (api !== createTopics) return null
  const name = Buffer.from('any')
  const throttle = Buffer.alloc(4)
  const topicId = Buffer.alloc(16)
  const partitionsAndReplicas = Buffer.alloc(6, 0xff)
  const [noTags, oneTopic, error, noMessage, noSettings] = [[0], [2], [0, 41], [0], [1]].map(bytes =>
    Buffer.from(bytes),
  )
  return Buffer.concat([
    noTags!, throttle, oneTopic!, Buffer.from([name.length + 1]), name, topicId, error!, noMessage!,
    partitionsAndReplicas, noSettings!, noTags!, noTags!,
  ]) // prettier-ignore
}

describe('the topic of pointers in a cluster where one broker makes topics', () => {
  let proxy: CuttingProxy
  beforeEach(async () => {
    proxy = await startProxy()
    proxy.answer = notController
  })
  afterEach(async () => {
    await proxy.close()
  })

  it('is made by that broker, though another was asked first', async () => {
    const { addresses, admin } = sharedBroker()
    proxy.target = addresses.plaintext
    const pointers = `pointers-${newLineage()}`
    const place = placeFor({ brokers: proxy.address, pointers })
    const { topicId } = await place.identify()
    await place.close()
    const { id, partitions } = await admin.describeTopic(pointers)
    expect([id, partitions.length]).to.deep.equal([topicId, 1])
  })

  it('is to be made by hand where nobody is that broker', async () => {
    const broker = await startBroker({ advertised: { plaintext: proxy.address } })
    try {
      proxy.target = broker.addresses.plaintext
      const warnings: string[] = []
      const place = placeFor({ brokers: proxy.address, pointers: 'p', unavailableAfterMs: 500 }, warnings)
      const { remedy } = await rejects(place.identify(), 'unavailable', 'no-controller')
      await place.close()
      expect(remedy).to.contain(`kafka-topics --bootstrap-server ${proxy.address} --create --topic p`)
      expect(warnings, 'tries').not.to.be.empty // while a controller is chosen
    } finally {
      await broker.stop()
    }
  })
})
