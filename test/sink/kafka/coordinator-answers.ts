/** What brokers answer to who looks for the coordinator of an id, as bytes. */
import { WireWriter } from '../../../src/kafka/wire-writer.ts'

/** To FindCoordinator. */
export function coordinatorAnswer(): Buffer {
  const writer = new WireWriter().int32(0)
  writer.structs(['id'], id => writer.string(id).int32(1).string('host').int32(9092).int16(0).string(null))
  return writer.end()
}

/** To ApiVersions, of a broker that understands nothing in particular. */
export const apiVersionsAnswer = new WireWriter()
  .int16(0)
  .structs([], () => undefined)
  .int32(0)
  .end()
