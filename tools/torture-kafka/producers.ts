/** The producers: a Java process of their own (tools/kafka/java/Steady.java), which also keeps account of what is committed. */
import { join } from 'node:path'
import { startJava } from '../kafka/java-process.ts'
import { prepared } from '../kafka/prepared.ts'

export interface SteadyOptions {
  readonly topic: string
  /** A topic with a partition a producer. */
  readonly marks: string
  readonly producers: number
  readonly keys: number
  /** Messages a second, of all of them. */
  readonly perSecond: number
  readonly seed: number
}

/** What the producers know to be committed. */
export interface Account {
  readonly keys: ReadonlyMap<string, { readonly count: number; readonly sum: number }>
  /** How many messages, commits, aborts and so on. */
  readonly happened: Readonly<Record<string, number>>
}

export interface Producers {
  /** Ends them in order, each with its transaction. */
  stop(): Promise<Account>
  close(): Promise<void>
}

export async function startProducers(
  address: string,
  folder: string,
  options: SteadyOptions,
): Promise<Producers> {
  const { classPath, log4j } = prepared()
  const settings = ['-Xmx256m', `-Dlog4j2.configurationFile=${log4j}`, '-Dheadwater.log.level=ERROR']
  const java = startJava([...settings, '-cp', classPath, 'Helper', address], join(folder, 'producers.log'))
  await java.ask('steady-start', options)
  return {
    stop: async () => {
      const { keys, happened } = (await java.ask('steady-stop')) as {
        readonly keys: readonly (readonly [string, number, number])[]
        readonly happened: Readonly<Record<string, number>>
      }
      return { keys: new Map(keys.map(([key, count, sum]) => [key, { count, sum }])), happened }
    },
    close: async () => await java.close(),
  }
}
