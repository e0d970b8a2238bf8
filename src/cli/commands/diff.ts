/** `headwater diff`: what is not the same in two savepoints. */
import type { ContextDifference, Difference, StateDifference } from '../../savepoint/diff/diff.ts'
import type * as lineFunctions from '../diff-lines.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../cli.ts'
import type { Paint } from '../paint.ts'
import { printingProgress } from '../row-progress.ts'
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
    edits: {
      text: 'a line of JSON for each key: the edits that make A’s entries those of B, for edit; exit code 0',
    },
    limit: {
      value: 'N',
      text: `print at most so many keys; the others are counted (default ${shownChanges}, with --json all)`,
    },
  },
  examples: [
    ['diff savepoints/november checkpoints', 'what a live run did'],
    ['diff savepoints/november checkpoints --json > changes.ndjson', 'all of it, a line a key'],
    ['diff checkpoints rebuilt --edits > edits.ndjson', 'what is to be repaired, for edit --from-file'],
  ],
  run: async (args, session) => {
    if (args.flag('edits')) return printEdits(args, session)
    const limit = wholeNumberOption(args, 'limit', 0) ?? (session.json ? Infinity : shownChanges)
    const [{ diff, isDifferent }, { readPinned }] = await Promise.all([
      import('../../savepoint/diff/diff.ts'),
      import('../../savepoint/pinned.ts'),
    ])
    const printer = await printerFor(session, args.flag('summary') ? 0 : limit)
    await readPinned(args.word('A'), a =>
      readPinned(args.word('B'), async b => {
        const onRead = printingProgress(session, 'diff', [a, b])
        for await (const difference of diff(a, b, { onRead })) {
          if (isDifferent(difference)) session.exitCode = 1
          await printer.print(difference)
        }
      }),
    )
    session.progress.end()
    await printer.end()
  },
}

async function printEdits(args: Arguments, session: Session): Promise<void> {
  const other = ['summary', 'limit'].find(name => args.flag(name) || args.text(name) !== null)
  if (other !== undefined) throw args.wrong('--edits', `it without --${other}`, 'both')
  const [{ diffEdits }, { readPinned }, { jsonText }] = await Promise.all([
    import('../../repair/diff-edits.ts'),
    import('../../savepoint/pinned.ts'),
    import('../../codec/json-text.ts'),
  ])
  await readPinned(args.word('A'), a =>
    readPinned(args.word('B'), async b => {
      const onRead = printingProgress(session, 'diff', [a, b])
      const onContext = (difference: ContextDifference): void => noteContext(session, difference)
      for await (const edit of diffEdits(a, b, { onContext, onRead })) await session.out.line(jsonText(edit))
    }),
  )
  session.progress.end()
}

/** What edits can't repair is said beside them. */
function noteContext(session: Session, { what, of, before, after }: ContextDifference): void {
  const text = `not of the same ${what}${of === '' ? '' : ` ${of}`}: ${before ?? '-'} and ${after ?? '-'}`
  session.progress.note(text, { event: 'context', what, of, before, after })
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
  #shownInState = 0

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
      const left = this.#inState - this.#shownInState
      if (this.#shownInState > 0 && left > 0) await out.line(`  and ${count(left)} more`)
      this.#inState = 0
      this.#shownInState = 0
      this.#states.push(difference)
      return
    }
    if (this.#inState++ === 0 && this.#shown < this.#limit)
      await out.line(paint.bold(`${difference.uid}/${difference.state.name}`))
    if (this.#shown >= this.#limit) return
    this.#shown++
    this.#shownInState++
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
