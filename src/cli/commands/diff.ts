/** `headwater diff`: what is not the same in two savepoints. */
import type { ContextDifference, Difference, StateDifference } from '../../savepoint/diff/diff.ts'
import type * as lineFunctions from '../diff-lines.ts'
import type { Command } from '../cli.ts'
import type { Paint } from '../paint.ts'
import { savepointArgument } from '../savepoint-output.ts'
import type { Session } from '../session.ts'
import { count } from '../table.ts'
import { wholeNumberOption } from '../whole-number.ts'

/** Changes that people are shown unless they ask for more. */
const shownChanges = 50

export const diffCommand: Command = {
  name: 'diff',
  summary: 'Show what is not the same in two savepoints, key by key',
  about:
    'First what they are of: job, positions, clocks, types; then each state’s added (+), removed (-) and changed (~) keys ' +
    'from A to B. Exit code 1 when they differ. Runs no code of the job, and memory does not grow with the savepoints.',
  positionals: [
    { name: 'A', text: savepointArgument.text },
    { name: 'B', text: 'another one' },
  ],
  options: {
    summary: { text: 'counts by state alone' },
    limit: {
      value: 'N',
      text: `print at most so many keys; the others are counted (default ${shownChanges}, with --json all)`,
    },
  },
  examples: [
    ['diff savepoints/november checkpoints', 'what a live run did'],
    ['diff savepoints/rebuilt checkpoints --json > wrong.ndjson', 'all of it, a line a key'],
  ],
  run: async (args, session) => {
    const limit = wholeNumberOption(args, 'limit', 0) ?? (session.json ? Infinity : shownChanges)
    const { diff, isDifferent } = await import('../../savepoint/diff/diff.ts')
    const printer = await printerFor(session, args.flag('summary') ? 0 : limit)
    for await (const difference of diff(args.word('A'), args.word('B'))) {
      if (isDifferent(difference)) session.exitCode = 1
      await printer.print(difference)
    }
    await printer.end()
  },
}

interface Printer {
  print(difference: Difference): Promise<void>
  end(): Promise<void>
}

async function printerFor(session: Session, limit: number): Promise<Printer> {
  const lines = await import('../diff-lines.ts')
  const { paintFor } = await import('../paint.ts')
  return session.json
    ? new JsonPrinter(session, lines, limit)
    : new TextPrinter(session, { ...lines, paint: paintFor() }, limit)
}

type Lines = Pick<typeof lineFunctions, 'changeLine' | 'contextLines' | 'differenceJson' | 'summaryLines'>
type PaintedLines = Lines & { readonly paint: Paint }

class JsonPrinter implements Printer {
  readonly #session: Session
  readonly #lines: Lines
  #left: number

  constructor(session: Session, lines: Lines, limit: number) {
    this.#session = session
    this.#lines = lines
    this.#left = limit
  }

  async print(difference: Difference): Promise<void> {
    const isEntry = difference.kind !== 'context' && difference.kind !== 'state'
    if (isEntry && this.#left-- <= 0) return
    await this.#session.out.line(this.#lines.differenceJson(difference))
  }

  async end(): Promise<void> {}
}

/** Contexts as one table above all, counts as one table below. */
class TextPrinter implements Printer {
  readonly #session: Session
  readonly #lines: PaintedLines
  readonly #limit: number
  readonly #contexts: ContextDifference[] = []
  readonly #states: StateDifference[] = []
  #begun = false
  #shown = 0
  #inState = 0

  constructor(session: Session, lines: PaintedLines, limit: number) {
    this.#session = session
    this.#lines = lines
    this.#limit = limit
  }

  async print(difference: Difference): Promise<void> {
    const { out } = this.#session
    const { paint, changeLine } = this.#lines
    if (difference.kind === 'context') return void this.#contexts.push(difference)
    await this.#begin()
    if (difference.kind === 'state') {
      if (this.#inState > 0 && this.#limit > 0) await out.line(`  ${count(this.#inState)} in all`)
      this.#inState = 0
      this.#states.push(difference)
      return
    }
    if (this.#inState++ === 0 && this.#shown < this.#limit)
      await out.line(paint.bold(`${difference.uid}/${difference.state.name}`))
    if (this.#shown >= this.#limit) return
    this.#shown++
    await out.line(changeLine(difference, paint))
  }

  async end(): Promise<void> {
    await this.#begin()
    const { summaryLines, paint } = this.#lines
    const lines = summaryLines(this.#states)
    await this.#session.out.lines(this.#states.length === 0 ? ['no state'] : lines)
    if (this.#session.exitCode === 0) await this.#session.out.line(paint.green('same'))
  }

  async #begin(): Promise<void> {
    if (this.#begun) return
    this.#begun = true
    await this.#session.out.lines(this.#lines.contextLines(this.#contexts, this.#lines.paint))
  }
}
