/** Writes by librdkafka, with whatever it does by itself: its partitioner, above all. Only where `describeConfluent` runs. */

/** Of connecting and of writing, each: more than they take anywhere. */
const withinMs = 100_000

/** What is used of its producer. */
interface Producer {
  connect(options: object, done: (error: Error | null) => void): void
  produce(topic: string, partition: null, value: Buffer, key: string): void
  flush(timeoutMs: number, done: (error: Error | null) => void): void
  disconnect(done: (error: Error | null) => void): void
}

/** Writes the records, in order, and waits until the broker has them. */
export async function produceByLibrdkafka(
  brokers: string,
  topic: string,
  records: readonly { readonly key: string; readonly value: string }[],
): Promise<void> {
  const client = (await import('@confluentinc/kafka-javascript')).default as unknown as {
    readonly Producer: new (settings: Readonly<Record<string, unknown>>) => Producer
  }
  const producer = new client.Producer({ 'bootstrap.servers': brokers })
  await answered(done => producer.connect({ timeout: withinMs }, done))
  for (const { key, value } of records) producer.produce(topic, null, Buffer.from(value), key)
  await answered(done => producer.flush(withinMs, done))
  await answered(done => producer.disconnect(done))
}

async function answered(ask: (done: (error: Error | null) => void) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    ask(error => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}
