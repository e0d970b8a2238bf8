/** What an error says, whole, with the names of this run's broker and topics replaced. */
import { HeadwaterError } from '../../../src/errors.ts'
import { sharedBroker } from './shared-broker.ts'

/** Awaits a failure: its message, in which stand BROKER, CLUSTER and, in the order in which they are given, TOPIC, TOPIC2 … */
export async function said(failing: Promise<unknown>, ...topics: readonly string[]): Promise<string> {
  const error = await failing.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof HeadwaterError)) throw error as Error
  return named(error.message, ...topics)
}

/** The text, with those names replaced. */
export function named(text: string, ...topics: readonly string[]): string {
  const { addresses, clusterId } = sharedBroker()
  const names = [
    ...topics.map((topic, i): [string, string] => [topic, i === 0 ? 'TOPIC' : `TOPIC${i + 1}`]),
    ...Object.values(addresses).map((address): [string, string] => [address, 'BROKER']),
    [clusterId, 'CLUSTER'] as [string, string],
  ]
  return names.reduce((result, [name, by]) => result.replaceAll(name, by), text)
}
