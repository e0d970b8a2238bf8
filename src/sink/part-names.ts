/**
 * The names of parts in a folder of outputs, which everything else is found by. In the order of their names is the order of
 * the records of each task.
 *
 * | name                                              | what                                              |
 * |---------------------------------------------------|---------------------------------------------------|
 * | `part-GENERATION-TASK-NUMBER.ndjson`              | finished: all of its bytes count, for ever        |
 * | `.part-GENERATION-TASK-NUMBER.ATTEMPT.open`       | being written: the length in the manifest counts  |
 * | `.part-GENERATION-TASK-NUMBER.ATTEMPT.copy`       | a part that a successor is finishing: nothing yet |
 */

/** Which part. */
export interface PartId {
  /** Of the start that wrote it, from 1. */
  readonly generation: number
  readonly task: number
  /** From 1, within generation and task. */
  readonly number: number
}

/** A file of a part. */
export interface PartFile extends PartId {
  readonly name: string
  readonly kind: 'finished' | 'open' | 'copy'
  /** Of those that are not finished. */
  readonly attempt: string | null
}

/** The name that a part has when it is finished. */
export function finishedName(id: PartId): string {
  return `${stem(id)}.ndjson`
}

/** The name that one attempt gives to a part that it writes. */
export function openName(id: PartId, attempt: string): string {
  return `.${stem(id)}.${attempt}.open`
}

/** The name under which one attempt copies a part of another. */
export function copyName(id: PartId, attempt: string): string {
  return `.${stem(id)}.${attempt}.copy`
}

/** What a name in the folder is; null for anything that is not ours. */
export function partFile(name: string): PartFile | null {
  const match = /^\.?part-(\d{8,})-(\d{4,})-(\d{6,})\.(?:(ndjson)|([0-9a-f]{32})\.(open|copy))$/.exec(name)
  if (match === null) return null
  const [, generation, task, number, finished, attempt = null, kind] = match
  if (name.startsWith('.') === (finished !== undefined)) return null
  return {
    name,
    kind: finished === undefined ? (kind as 'open' | 'copy') : 'finished',
    generation: Number(generation),
    task: Number(task),
    number: Number(number),
    attempt,
  }
}

/** By generation, task, number. */
export function compareParts(a: PartId, b: PartId): number {
  return a.generation - b.generation || a.task - b.task || a.number - b.number
}

function stem({ generation, task, number }: PartId): string {
  const padded = (value: number, digits: number): string => String(value).padStart(digits, '0')
  return `part-${padded(generation, 8)}-${padded(task, 4)}-${padded(number, 6)}`
}
