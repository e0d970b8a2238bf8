/** How much a Fetch asks for and how long it may wait: what brokers could not take, or would answer too late, is refused. */
import { invalid } from '../../errors.ts'
import type { KafkaOptions } from './kafka.ts'

/** With their defaults. */
export interface FetchLimits {
  readonly fetchBytes: number
  readonly fetchWaitMs: number
}

/** Numbers of the protocol have 32 bits. */
const most = 2 ** 31 - 1

/** Errors: `invalid`, code `bad-option`. */
export function fetchLimits({
  fetchBytes = 8 << 20,
  requestTimeoutMs = 30_000,
  fetchWaitMs = Math.min(500, Math.floor(requestTimeoutMs / 2)),
}: Pick<KafkaOptions, 'fetchBytes' | 'fetchWaitMs' | 'requestTimeoutMs'>): FetchLimits {
  check('fetchBytes (fetch.max.bytes)', fetchBytes, 1, most)
  check('requestTimeoutMs (request.timeout.ms)', requestTimeoutMs, 1, most)
  // An idle broker answers when the wait is over: by then the request would have timed out, each time.
  check('fetchWaitMs (fetch.max.wait.ms), below requestTimeoutMs,', fetchWaitMs, 0, requestTimeoutMs - 1)
  return { fetchBytes, fetchWaitMs }
}

function check(thing: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return
  const expected = `a whole number from ${from} to ${to}`
  throw invalid({ code: 'bad-option', thing: `kafka: ${thing}`, expected, found: String(value) })
}
