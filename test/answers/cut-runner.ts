/**
 * A job over a whole data set in two parts, through the built command line: all rows are in a log; those below a cut are
 * archived and bootstrapped, the rest is read live; then the state is scanned.
 */
import { fileURLToPath } from 'node:url'
import { succeeds } from '../cli/headwater.ts'
import { answerLines, type AnswerCase } from './answer-lines.ts'

/** Lines of an answer, scanned from the savepoint that history ended in, and from the one that the live run ended in. */
export interface CutResult {
  readonly atCut: () => Promise<readonly string[]>
  readonly atEnd: () => Promise<readonly string[]>
}

/** A log with all rows in a folder of its own, to be cut again and again. */
export class CutRunner {
  readonly #folder: string
  readonly #case: AnswerCase
  readonly #job: string

  constructor(folder: string, answerCase: AnswerCase) {
    this.#folder = folder
    this.#case = answerCase
    this.#job = fileURLToPath(new URL(`../../fixtures/jobs/${answerCase.job}`, import.meta.url))
  }

  /** Appends all rows; returns where the partitions end. */
  async fill(lines: AsyncIterable<string>, timeField: string): Promise<ReadonlyMap<number, number>> {
    const { logKey, partitions } = this.#case
    const made = [
      '--partitions',
      String(partitions),
      '--key',
      logKey,
      '--time',
      timeField,
      '--job',
      this.#job,
    ]
    const out = await this.#run(['log', 'append', 'file:log', ...made, '--json'], lines)
    const { positions } = JSON.parse(out) as { readonly positions: Readonly<Record<string, number>> }
    return new Map(Object.entries(positions).map(([partition, end]) => [Number(partition), end]))
  }

  /**
   * Everything from the archive to the end of the log, cut at `before` as the command line takes it. Cuts must ascend:
   * the archive goes on where it ended.
   */
  async cut(before: string): Promise<CutResult> {
    const name = before.replaceAll(/[^0-9A-Za-z]/g, '-')
    const [savepoint, checkpoints, sink] = [`sp-${name}`, `cp-${name}`, `out-${name}.ndjson`]
    await this.#run(['archive', '--log', 'file:log', '--to', 'history', '--before', before])
    await this.#run(['bootstrap', this.#job, '--history', 'history', '--into', savepoint])
    const live = [
      '--log',
      'file:log',
      '--sink',
      `ndjson:${sink}`,
      '--checkpoints',
      checkpoints,
      '--until-end',
    ]
    await this.#run(['run', this.#job, '--from', savepoint, ...live])
    return { atCut: () => this.#linesOf(savepoint), atEnd: () => this.#linesOf(checkpoints) }
  }

  #linesOf(savepoint: string): Promise<readonly string[]> {
    const { uid } = this.#case
    return answerLines(this.#case, state => this.#run(['scan', savepoint, uid, state, '--json']))
  }

  #run(args: readonly string[], stdin?: AsyncIterable<string>): Promise<string> {
    return succeeds(args, { cwd: this.#folder, ...(stdin && { stdin }) })
  }
}
