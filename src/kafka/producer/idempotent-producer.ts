/**
 * A producer without transactions: what it was given is written at least once, and once only as long as the brokers know it,
 * through their restarts too. Where they forgot it, it goes on as another, and what was under way may be there twice.
 */
import type { OutMessage } from '../../record/out-message.ts'
import { patiently } from '../patience.ts'
import { identityOf } from './answers.ts'
import { BatchSender } from './batch-sender.ts'
import { batchEncoder, sendLimits, type MessageProducer, type ProducerParts } from './producer.ts'
import { producerFault, type IdentityFault } from './producer-faults.ts'
import { initProducerId, type ProducerIdentity } from './requests.ts'

/** Of transactions that it never has. */
const noTimeoutMs = 60_000

/** Opens one. Errors: `unavailable`; `invalid` `not-authorised`. */
export async function openIdempotentProducer(parts: ProducerParts): Promise<MessageProducer> {
  const encode = batchEncoder(await parts.cluster.client(), parts.clock, false, parts.settings.compression)
  const limits = sendLimits(parts.settings)
  const closing = new AbortController()
  const signal = AbortSignal.any([parts.patience.signal, closing.signal])
  const patience = { ...parts.patience, signal }
  const newIdentity = (): Promise<ProducerIdentity> =>
    patiently(async () => {
      const answer = identityOf(await parts.cluster.ask(initProducerId(null, noTimeoutMs)))
      if (answer.error !== 0) throw producerFault(answer.error, 'cluster')
      return answer.identity
    }, patience)
  let identity = await newIdentity()
  let renewing: Promise<void> | null = null
  const renew = async (fault: IdentityFault): Promise<void> => {
    patience.onWarning?.(
      `${fault.message}: going on as another producer; what was under way may be there twice`,
    )
    identity = await newIdentity()
    renewing = null
  }
  const sender = new BatchSender({
    cluster: parts.cluster,
    clock: parts.clock,
    patience,
    limits,
    encode,
    transactionalId: null,
    identity: () => identity,
    prepare: async () => undefined,
    refused: async (fault, owner) => {
      if (owner === identity) await (renewing ??= renew(fault))
    },
  })
  return {
    partitionCount: topic => sender.partitionCount(topic),
    send: (topic: string, messages: readonly OutMessage[]) => sender.send(topic, messages),
    flush: () => sender.flush(),
    close: async () => {
      closing.abort()
      await sender.close()
    },
  }
}
