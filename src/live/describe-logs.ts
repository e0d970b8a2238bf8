/** How the logs of several sources stand now. */
import type { Log, LogDescription } from '../source/log.ts'
import { settled } from './settled.ts'

/** By source name. Errors: those of the logs. */
export async function describeLogs(
  logs: ReadonlyMap<string, Log>,
): Promise<ReadonlyMap<string, LogDescription>> {
  const described = [...logs].map(async ([source, log]) => [source, await log.describe()] as const)
  return new Map(await settled(described))
}

/** The same, without the logs that do not answer. */
export async function describeAnswering(
  logs: ReadonlyMap<string, Log>,
): Promise<ReadonlyMap<string, LogDescription>> {
  const described = [...logs].map(async ([source, log]) => [source, await log.describe()] as const)
  const answers = await Promise.allSettled(described)
  return new Map(answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : [])))
}
