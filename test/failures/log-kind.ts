/** The kinds of logs that a failure is tried on: the file log in `npm test`, topics of a real broker in test/kafka/failures. */
import { worldLog, type WorldLog } from '../live/world.ts'
import { fileLogUnderTest } from '../source/file-log/log-under-test.ts'
import type { LogUnderTest } from '../source/log-contract.ts'
import type { Schema } from '../../src/record/record.ts'

/** One kind of log. */
export interface LogKind {
  /** For titles. */
  readonly name: string
  /** Makes a source's log in a world (live/world.ts). */
  worldLog(folder: string, source: string, schema: Schema, partitions: number): Promise<WorldLog>
  /** Makes an empty log that has no schema; `dir` does not exist yet. */
  underTest(dir: string, partitions: number): Promise<LogUnderTest>
}

/** File logs. */
export const fileLogs: LogKind = { name: 'a file log', worldLog, underTest: fileLogUnderTest }
