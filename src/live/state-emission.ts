/**
 * State written to a sink once, at the switch from history to live: what a compacted topic begins with, since history
 * itself is mute (L9).
 *
 * M1. It comes before the first record, of state as the run found it, and is one with the first checkpoint: the first
 *     manifest says what is to be written (`emitting`), no later one does. Killed between the two, it is written again, by
 *     when the sink was cut back or its transaction ended; only an at-least-once sink has it twice then.
 * M2. It is written by a start from a savepoint, never by one that goes on: the same command may be repeated for ever.
 * M3. One task does it: no other may put out a newer value of a key before.
 */
import { invalid } from '../errors.ts'
import type { JobGraph } from '../job/graph.ts'
import type { Field } from '../record/record.ts'
import { typeName } from '../record/type.ts'
import { findState } from '../savepoint/find-state.ts'
import { entryFields } from '../savepoint/named-columns.ts'
import { columnNumbers, recordsOf } from '../savepoint/scan-records.ts'
import { scanState } from '../savepoint/scan.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import { groupColumn } from '../savepoint/segment-columns.ts'
import type { Beginning } from './beginning.ts'
import { sinkFields } from './open-sinks.ts'
import type { Outlets } from './outlets.ts'
import type { RunSettings } from './run-settings.ts'

/** One state and the sink that takes its entries. */
export interface StateEmission {
  readonly sink: string
  readonly uid: string
  readonly state: string
}

/** So many records go to a sink at once. */
const pieceRecords = 4096

/**
 * What this start is to write. Errors: `invalid`, codes `unknown-sink`, `unknown-state`, `bad-option`, `wrong-emission` (its
 * columns are not those of the sink's records) and `not-for-tasks`.
 */
export function stateEmissions(
  graph: JobGraph,
  { emitState, task }: Pick<RunSettings, 'emitState' | 'task'>,
  { savepoint, continued }: Pick<Beginning, 'savepoint' | 'continued'>,
): readonly StateEmission[] {
  const wanted = Object.entries(continued ? (savepoint.manifest.emitting ?? {}) : emitState)
  if (wanted.length > 0 && task !== null) {
    throw invalid({
      code: 'not-for-tasks',
      thing: `state for sink ${wanted[0]![0]}`,
      expected: 'one task: another might put out a newer value of a key before',
      found: `${task.count} tasks`,
      remedy: 'start with one task; it may be stopped after its first checkpoint, and go on with more',
    })
  }
  return wanted.map(([sink, name]) => {
    const at = name.indexOf('/')
    const emission = { sink, uid: name.slice(0, Math.max(0, at)), state: name.slice(at + 1) }
    refuseMisfit(graph, savepoint, emission)
    return emission
  })
}

/** Writes all of it. Errors: those of the sinks and of reading. */
export async function emitStates(
  savepoint: Savepoint,
  emissions: readonly StateEmission[],
  outlets: Outlets,
): Promise<void> {
  for (const { sink, uid, state } of emissions) {
    const { table } = findState(savepoint, uid, state)
    const columns = columnNumbers(table, undefined)
    for await (const rows of scanState(savepoint, uid, state)) {
      const records = [...recordsOf(table, rows, columns)]
      for (let at = 0; at < records.length; at += pieceRecords)
        await outlets.write(sink, records.slice(at, at + pieceRecords))
    }
  }
}

/** The emissions as a manifest says them. */
export function emittingOf(emissions: readonly StateEmission[]): Readonly<Record<string, string>> {
  return Object.fromEntries(emissions.map(({ sink, uid, state }) => [sink, `${uid}/${state}`]))
}

function refuseMisfit(graph: JobGraph, savepoint: Savepoint, { sink, uid, state }: StateEmission): void {
  if (!graph.sinks.includes(sink)) {
    const expected = graph.sinks.length === 0 ? 'a job with sinks' : `one of ${graph.sinks.join(', ')}`
    throw invalid({ code: 'unknown-sink', thing: `state for sink ${sink}`, expected })
  }
  const { table } = findState(savepoint, uid, state)
  const taken = sinkFields(graph, sink)
  const given = entryFields(table).filter(({ name }) => name !== groupColumn)
  if (taken === null || textOf(taken) === textOf(given)) return
  throw invalid({
    code: 'wrong-emission',
    thing: `state ${uid}/${state} for sink ${sink}`,
    expected: `entries with the columns of the sink's records: ${textOf(taken)}`,
    found: textOf(given),
    remedy: 'name the state and its key as the records do, or declare no schema of what the operator emits',
  })
}

function textOf(fields: readonly Field[]): string {
  return fields
    .map(({ name, type }) => `${name} ${typeName(type)}`)
    .sort()
    .join(', ')
}
