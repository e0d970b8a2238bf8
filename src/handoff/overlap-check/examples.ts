/** The records behind the first differences: read once more, from history and log. */
import { jsonText } from '../../codec/json.ts'
import { fieldsOf } from '../../record/record.ts'
import type { OverlapExample, SourceToCheck } from './overlap-check.ts'
import { RecordTexts } from './record-text.ts'

/** The examples with their records. Errors: those of reading. */
export async function examplesOf(
  task: SourceToCheck,
  found: readonly OverlapExample[],
): Promise<readonly OverlapExample[]> {
  if (found.length === 0) return found
  const texts = new RecordTexts(task.source)
  const history = await historyTexts(task, found, texts)
  const examples: OverlapExample[] = []
  for (const example of found) {
    examples.push({
      ...example,
      history: history.get(nameOf(example)) ?? null,
      log: await logText(task, example, texts),
    })
  }
  return examples
}

async function historyTexts(
  { source, history, signal }: SourceToCheck,
  found: readonly OverlapExample[],
  texts: RecordTexts,
): Promise<ReadonlyMap<string, string | null>> {
  const wanted = new Set(found.filter(({ kind }) => kind !== 'missing').map(nameOf))
  const rows = new Map<string, string | null>()
  if (wanted.size === 0) return rows
  const plan = await history.plan({
    source: source.name,
    fields: fieldsOf(source.schema),
    reportMisfits: true,
  })
  for await (const batch of plan.read(signal)) {
    const { partitions, offsets } = batch
    const read = texts.ofHistory(batch)
    for (let row = 0; row < batch.batch.length; row++) {
      const byOffset = partitions && offsets && `${partitions[row]} ${offsets[row]}`
      const record = byOffset === null || wanted.has(byOffset) ? read(row) : null
      const name = byOffset ?? (record && jsonText(record[source.recordId as string]))
      if (name !== null && wanted.has(name)) rows.set(name, texts.text(record))
    }
  }
  return rows
}

async function logText(
  { log, signal }: SourceToCheck,
  { kind, partition, offset }: OverlapExample,
  texts: RecordTexts,
): Promise<string | null> {
  if (kind === 'extra' || partition === null || offset === null) return null
  const from = new Map([[partition, offset]])
  const until = new Map([[partition, offset + 1]])
  for await (const { records } of log.read({ from, until, ...(signal && { signal }) })) {
    const record = records.find(each => each.offset === offset)
    if (record) return texts.text(texts.ofLog(record))
  }
  return null
}

function nameOf({ id, partition, offset }: OverlapExample): string {
  return id ?? `${partition} ${offset}`
}
