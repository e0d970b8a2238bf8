/** What librdkafka.ts uses of @confluentinc/kafka-javascript, which is optional and need not be there to compile. */
declare module '@confluentinc/kafka-javascript' {
  export interface ConfluentError extends Error {
    /** A number of librdkafka's `rd_kafka_resp_err_t`. */
    readonly code: number
  }
  export interface ConfluentMessage {
    readonly partition: number
    readonly offset: number
    /** −1 where there is none. */
    readonly timestamp: number
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers?: readonly Readonly<Record<string, Buffer>>[]
  }
  export interface ConfluentPlace {
    readonly topic: string
    readonly partition: number
    readonly offset: number
  }
  type Answer<T> = (error: ConfluentError | null, answer: T) => void
  export class KafkaConsumer {
    constructor(settings: Readonly<Record<string, unknown>>, topicSettings: Readonly<Record<string, unknown>>)
    connect(options: { readonly topic: string; readonly timeout: number }, done: Answer<unknown>): void
    disconnect(done: Answer<unknown>): void
    assign(places: readonly ConfluentPlace[]): void
    setDefaultConsumeTimeout(ms: number): void
    setDefaultIsTimeoutOnlyForFirstMessage(only: boolean): void
    consume(count: number, done: Answer<ConfluentMessage[]>): void
    queryWatermarkOffsets(
      topic: string,
      partition: number,
      timeoutMs: number,
      done: Answer<{ readonly lowOffset: number; readonly highOffset: number }>,
    ): void
    /** The times stand where the offsets stand in the answer. */
    offsetsForTimes(
      places: readonly ConfluentPlace[],
      timeoutMs: number,
      done: Answer<ConfluentPlace[]>,
    ): void
    on(event: 'partition.eof', listener: (place: ConfluentPlace) => void): void
    on(event: 'event.error', listener: (error: ConfluentError) => void): void
  }
  /** It is a CommonJS module. */
  const exported: { readonly KafkaConsumer: typeof KafkaConsumer }
  export { exported as default }
}
