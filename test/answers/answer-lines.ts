/** From scanned states to the lines of an answer. */

/** A job over a log, and how its state becomes the lines of an answer. */
export interface AnswerCase {
  readonly id: string
  /** In fixtures/jobs. */
  readonly job: string
  /** The field whose value is the log's key; its partition is that of the job's key. */
  readonly logKey: string
  readonly partitions: number
  readonly uid: string
  readonly states: readonly string[]
  /** Given the key, and by state the value of the key, or the number of its list's elements. */
  readonly lineOf: (key: string, values: Values) => string
}

type Values = Readonly<Record<string, unknown>>

/** Joins the states by key; `scan` gives what `headwater scan … STATE --json` prints. */
export async function answerLines(
  { states, lineOf }: Pick<AnswerCase, 'states' | 'lineOf'>,
  scan: (state: string) => Promise<string>,
): Promise<readonly string[]> {
  const keys = new Map<string, Record<string, unknown>>()
  for (const state of states) {
    for (const line of (await scan(state)).split('\n')) {
      if (line !== '') addEntry(keys, state, JSON.parse(line) as Values)
    }
  }
  return [...keys].map(([key, values]) => lineOf(key, values))
}

/** A row is the key's fields, a list's index, and the value under the state's name. */
function addEntry(keys: Map<string, Record<string, unknown>>, state: string, row: Values): void {
  const { [state]: value, index, ...key } = row
  const name = Object.values(key).join('|')
  const values = keys.get(name) ?? {}
  keys.set(name, values)
  values[state] = index === undefined ? value : (index as number) + 1
}
