/**
 * What a checkpoint stores of an output in parts: texts, since a sink's state is flat. `finished` counts the parts of each
 * generation and task, so it grows by a few bytes a start, however many parts there are.
 *
 * | member      | text                                        | meaning                                                  |
 * |-------------|---------------------------------------------|----------------------------------------------------------|
 * | `folder`    | a path                                      | where the parts are                                      |
 * | `finished`  | `GENERATION.TASK:COUNT,…`                   | parts 1 to COUNT have all of their bytes                 |
 * | `finishing` | `GENERATION.TASK.NUMBER:ATTEMPT:BYTES,…`    | of these: those that may have their open file's name yet |
 * | `open`      | `GENERATION.TASK.NUMBER:ATTEMPT:BYTES:TAIL,…` | the length that counts, and its `tailHash`             |
 */
import { invalid } from '../errors.ts'
import { compareParts, type PartId } from './part-names.ts'
import type { SinkState } from './sink.ts'

/** Parts 1 to `count` of a generation and task. */
export interface FinishedParts {
  readonly generation: number
  readonly task: number
  readonly count: number
}

/** A part in the file of one attempt. */
export interface UnfinishedPart extends PartId {
  readonly attempt: string
  readonly bytes: number
}

/** One that more could be added to. */
export interface OpenPart extends UnfinishedPart {
  readonly tail: string
}

/** The whole output at a checkpoint. */
export interface PartsState {
  readonly folder: string
  readonly finished: readonly FinishedParts[]
  readonly finishing: readonly UnfinishedPart[]
  readonly open: readonly OpenPart[]
}

/** Whether a stored state is that of an output in parts. */
export function isPartsState(state: SinkState): boolean {
  return typeof state?.['folder'] === 'string' && typeof state['finished'] === 'string'
}

/** Reads a stored state. Errors: `invalid`, code `bad-sink-state`, for that of another kind of sink. */
export function partsState(state: NonNullable<SinkState>, name: string): PartsState {
  const { folder, finished, finishing, open } = state
  const read = <T>(
    text: string | number | undefined,
    one: (item: string) => T | null,
  ): readonly T[] | null => {
    if (typeof text !== 'string') return null
    const items = text === '' ? [] : text.split(',').map(one)
    return items.some(item => item === null) ? null : (items as T[])
  }
  const parts = {
    folder: typeof folder === 'string' ? folder : null,
    finished: read(finished, finishedOf),
    finishing: read(finishing, unfinishedOf),
    open: read(open, openOf),
  }
  if (Object.values(parts).every(part => part !== null)) return parts as PartsState
  throw invalid({
    code: 'bad-sink-state',
    thing: name,
    expected: 'a checkpoint that recorded an output in parts',
    found: JSON.stringify(state),
    remedy: 'give the sink that the checkpoint was made with',
  })
}

/** The state as a checkpoint stores it. */
export function storedParts({ folder, finished, finishing, open }: PartsState): NonNullable<SinkState> {
  const unfinished = ({ generation, task, number, attempt, bytes }: UnfinishedPart): string =>
    `${generation}.${task}.${number}:${attempt}:${bytes}`
  const counted = [...finished].sort((a, b) => compareParts({ ...a, number: 0 }, { ...b, number: 0 }))
  return {
    folder,
    finished: counted.map(({ generation, task, count }) => `${generation}.${task}:${count}`).join(','),
    finishing: [...finishing].sort(compareParts).map(unfinished).join(','),
    open: [...open]
      .sort(compareParts)
      .map(part => `${unfinished(part)}:${part.tail}`)
      .join(','),
  }
}

/** How many parts of a generation and task are finished. */
export function finishedCount({ finished }: PartsState, generation: number, task: number): number {
  return finished.find(each => each.generation === generation && each.task === task)?.count ?? 0
}

/** Whether a part is among the finished ones. */
export function isFinished(state: PartsState, { generation, task, number }: PartId): boolean {
  return number <= finishedCount(state, generation, task)
}

function finishedOf(item: string): FinishedParts | null {
  const [, generation, task, count] = /^(\d+)\.(\d+):(\d+)$/.exec(item) ?? []
  if (count === undefined) return null
  return { generation: Number(generation), task: Number(task), count: Number(count) }
}

function unfinishedOf(item: string): UnfinishedPart | null {
  const match = /^(\d+)\.(\d+)\.(\d+):([0-9a-f]{32}):(\d+)$/.exec(item)
  if (match === null) return null
  const [, generation, task, number, attempt, bytes] = match
  const id = { generation: Number(generation), task: Number(task), number: Number(number) }
  return { ...id, attempt: attempt!, bytes: Number(bytes) }
}

function openOf(item: string): OpenPart | null {
  const end = item.lastIndexOf(':')
  const part = unfinishedOf(item.slice(0, Math.max(0, end)))
  const tail = item.slice(end + 1)
  return part === null || !/^[0-9a-f]{64}$/.test(tail) ? null : { ...part, tail }
}
