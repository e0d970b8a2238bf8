/** What brokers say to producers: final (a HeadwaterError), about who we are (an IdentityFault), or worth another try (a KafkaFault). */
import { badData, conflict, HeadwaterError, invalid, unavailable } from '../../errors.ts'
import { KafkaFault } from '../faults.ts'

/** Codes that producers act upon. */
export const producerError = {
  unknownTopicOrPartition: 3,
  messageTooLarge: 10,
  recordListTooLarge: 18,
  topicExists: 36,
  notController: 41,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidEpoch: 47,
  invalidTransactionState: 48,
  invalidIdMapping: 49,
  concurrentTransactions: 51,
  unknownProducerId: 59,
  fenced: 90,
  abortable: 120,
} as const

const names: Readonly<Record<number, string>> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  10: 'MESSAGE_TOO_LARGE',
  14: 'COORDINATOR_LOAD_IN_PROGRESS',
  15: 'COORDINATOR_NOT_AVAILABLE',
  16: 'NOT_COORDINATOR',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  32: 'INVALID_TIMESTAMP',
  38: 'INVALID_REPLICATION_FACTOR',
  41: 'NOT_CONTROLLER',
  44: 'POLICY_VIOLATION',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  48: 'INVALID_TXN_STATE',
  49: 'INVALID_PRODUCER_ID_MAPPING',
  50: 'INVALID_TRANSACTION_TIMEOUT',
  51: 'CONCURRENT_TRANSACTIONS',
  53: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  55: 'OPERATION_NOT_ATTEMPTED',
  56: 'KAFKA_STORAGE_ERROR',
  59: 'UNKNOWN_PRODUCER_ID',
  87: 'INVALID_RECORD',
  90: 'PRODUCER_FENCED',
  120: 'TRANSACTION_ABORTABLE',
}

/** The producer's id and epoch are not, or no longer, what the broker goes by. */
export class IdentityFault extends Error {
  override readonly name: string = 'IdentityFault'
  readonly code: number

  constructor(code: number, thing: string) {
    super(`${thing}: ${names[code] ?? code}`)
    this.code = code
  }
}

const ofIdentity: ReadonlySet<number> = new Set([
  producerError.outOfOrderSequence,
  producerError.invalidEpoch,
  producerError.invalidTransactionState,
  producerError.invalidIdMapping,
  producerError.unknownProducerId,
  producerError.fenced,
  producerError.abortable,
])

/** An answer's code as an error to throw. `words`: what the broker said besides. */
export function producerFault(
  code: number,
  thing: string,
  words: string | null = null,
): HeadwaterError | KafkaFault | IdentityFault {
  const name = names[code] ?? `error ${code}`
  const found = words === null ? name : `${name}: ${words}`
  if (ofIdentity.has(code)) return new IdentityFault(code, thing)
  const right = rights[code]
  if (right !== undefined) {
    const [expected, remedy] = right
    return invalid({ code: 'not-authorised', thing, expected, found, remedy })
  }
  if (code === producerError.unknownTopicOrPartition) return topicDeleted(thing, found)
  const final = finals[code]
  if (final === undefined) return new KafkaFault(`${thing}: ${found}`)
  return invalid({ ...final, thing, found })
}

const rights: Readonly<Record<number, readonly [expected: string, remedy: string]>> = {
  29: [
    'the right to write it',
    'allow this user WRITE and DESCRIBE on the topic (kafka-acls --add --allow-principal User:NAME --producer --topic TOPIC)',
  ],
  31: [
    'the right to write with numbers (IDEMPOTENT_WRITE on the cluster, or WRITE on any topic)',
    'allow this user to write (kafka-acls --add --allow-principal User:NAME --operation IdempotentWrite --cluster)',
  ],
  53: [
    'the right to use it',
    "allow this user WRITE and DESCRIBE on transactional ids that begin with 'headwater-' (kafka-acls --add --allow-principal User:NAME --operation Write --operation Describe --transactional-id headwater- --resource-pattern-type prefixed)",
  ],
}

const finals: Readonly<Record<number, { code: string; expected: string; remedy?: string }>> = {
  17: { code: 'bad-topic', expected: 'the name of a topic' },
  32: {
    code: 'bad-timestamp',
    expected: 'times that the topic takes',
    remedy: 'see message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic',
  },
  50: {
    code: 'bad-transaction-timeout',
    expected:
      'a transactionTimeoutMs of at most transaction.max.timeout.ms of the brokers (by default 900,000)',
  },
  87: {
    code: 'record-refused',
    expected: 'records that the topic takes',
    remedy: 'a compacted topic takes no record without a key: give the sink a key',
  },
}

/**
 * A topic that was there is not there any more. That may pass (a broker that has just begun does not know all topics); where it
 * does not: `unavailable`, code `topic-deleted`. `thing`: the topic, or a partition of it.
 */
export function topicDeleted(thing: string, found: string = 'there is none'): KafkaFault {
  const lasting = unavailable({
    code: 'topic-deleted',
    thing,
    expected: 'the topic that was there when the run began',
    found: 'none of that name: it was deleted',
    remedy: `create it again (kafka-topics --create). ${afterLoss}`,
  })
  return new KafkaFault(`${thing}: ${found}`, { lasting })
}

/** `data`, code `topic-recreated`. */
export function topicRecreated(topic: string, before: string, now: string): HeadwaterError {
  return badData({
    code: 'topic-recreated',
    thing: `topic ${topic}`,
    expected: `the topic of the id ${before}, that of the run's beginning`,
    found: `one of the id ${now}: it was deleted and made again`,
    remedy: afterLoss,
  })
}

const afterLoss =
  'What was written into it before is gone: start again to write what comes after the last checkpoint, or begin with --from ' +
  'and an older savepoint in a new folder to write more of it again'

/** Somebody else took the transactional id. */
export function lostOwnership(thing: string, fault: Error): HeadwaterError {
  return conflict({
    code: 'lost-ownership',
    thing,
    expected: 'to be the only one that writes by it',
    found: `another start took it over (${fault.message})`,
    remedy: 'this run stops; what it had not committed is dropped',
    cause: fault,
  })
}

/** The transaction is over and nothing of it is committed. */
export function transactionAborted(thing: string, found: string, cause: unknown): HeadwaterError {
  return unavailable({
    code: 'transaction-aborted',
    thing,
    expected: 'an open transaction',
    found,
    remedy:
      'start again from the last checkpoint; where checkpoints take this long, raise transactionTimeoutMs',
    cause,
  })
}

/** Nobody knows yet whether it was committed. */
export function transactionInDoubt(thing: string, found: string, cause: unknown): HeadwaterError {
  return unavailable({
    code: 'transaction-in-doubt',
    thing,
    expected: 'to know whether the transaction was committed',
    found,
    remedy: 'start again when the cluster can be reached: the start finds out, and goes on from there',
    cause,
  })
}

/** The run was told to stop. */
export function stopped(thing: string, cause: unknown): HeadwaterError {
  if (cause instanceof HeadwaterError) return cause
  return unavailable({ code: 'stopped', thing, found: 'it was told to stop', cause })
}

/** A message that the topic does not take. */
export function messageTooLarge(thing: string, bytes: number, words: string | null): HeadwaterError {
  return invalid({
    code: 'message-too-large',
    thing,
    expected: 'messages of at most max.message.bytes of the topic',
    found: `one of ${bytes} bytes${words === null ? '' : ` (${words})`}`,
    remedy: 'raise max.message.bytes of the topic, or write less into one message',
  })
}
