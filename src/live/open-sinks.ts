/**
 * Opens the sinks of a run. One that has a state in what the run continues is opened after the fence, since opening cuts
 * it back; one that has none yet is opened before, since it touches nothing, and the run's first manifest must hold its
 * state: what is written after that can be cut off again. Before all that each is asked whether it can be opened. One that
 * writes by transactions is opened last, when the run has its producer.
 */
import type { JobGraph } from '../job/graph.ts'
import { fieldsOf, type Field } from '../record/record.ts'
import type { OpenSink, Sink, SinkRun, SinkState } from '../sink/sink.ts'
import type { Closers } from './closers.ts'
import type { Outlets } from './outlets.ts'

/** Opens sinks one by one, so that a failure finds the earlier ones among the closers. */
export async function openSinks(
  graph: JobGraph,
  sinks: ReadonlyMap<string, Sink>,
  states: Readonly<Record<string, SinkState>>,
  names: readonly string[],
  closers: Closers,
  run: SinkRun,
): Promise<ReadonlyMap<string, OpenSink>> {
  const opened = new Map<string, OpenSink>()
  for (const name of names) {
    const sink = await (sinks.get(name) as Sink).open(states[name] ?? null, sinkFields(graph, name), run)
    closers.add(() => sink.close())
    opened.set(name, sink)
  }
  return opened
}

/** The names of sinks that write by transactions, and of all others. */
function byTransactions(
  names: readonly string[],
  sinks: ReadonlyMap<string, Sink>,
): readonly [transactional: readonly string[], others: readonly string[]] {
  const isTransactional = (name: string): boolean => sinks.get(name)?.transactions !== undefined
  return [names.filter(isTransactional), names.filter(name => !isTransactional(name))]
}

/** Sinks as the first manifest of a run or a generation finds them. */
export interface BegunSinks {
  /** What that manifest says of all of them. */
  readonly states: Readonly<Record<string, SinkState>>
  /** Those that are opened at their state, after it. */
  readonly known: readonly string[]
  /** Those that are opened with the producer of the run, after it. */
  readonly transactional: readonly string[]
}

/** Asks all of them, and opens those that have no state yet. `known`: the states there are. */
export async function beginSinks(
  graph: JobGraph,
  sinks: ReadonlyMap<string, Sink>,
  known: Readonly<Record<string, SinkState>>,
  outlets: Outlets,
  closers: Closers,
  run: SinkRun,
): Promise<BegunSinks> {
  await checkSinks(sinks, known, run)
  const isKnown = (name: string): boolean => (known[name] ?? null) !== null
  const [transactional, others] = byTransactions(graph.sinks, sinks)
  const fresh = others.filter(name => !isKnown(name))
  outlets.open(await openSinks(graph, sinks, {}, fresh, closers, run))
  const kept = others.filter(isKnown)
  const states: Record<string, SinkState> = {}
  for (const name of kept) states[name] = await fencedState(sinks.get(name) as Sink, known[name] as SinkState)
  for (const name of transactional) states[name] = null
  return { states: { ...states, ...(await outlets.prepare()) }, known: kept, transactional }
}

async function fencedState(sink: Sink, state: SinkState): Promise<SinkState> {
  return sink.fenced === undefined ? state : sink.fenced(state)
}

/** Asks all sinks whether they may be opened, before one is cut back and another then refuses. Touches nothing. */
async function checkSinks(
  sinks: ReadonlyMap<string, Sink>,
  states: Readonly<Record<string, SinkState>>,
  run: SinkRun,
): Promise<void> {
  for (const [name, sink] of sinks) await sink.check?.(states[name] ?? null, run)
}

/** The schema of a sink's records: that of its operators where they agree, else null. */
export function sinkFields(graph: JobGraph, sink: string): readonly Field[] | null {
  const operators = graph.stages.flatMap(stage => stage.operators.filter(({ sinks }) => sinks.includes(sink)))
  const schemas = operators.map(({ emits }) => emits && fieldsOf(emits))
  const [first] = schemas
  if (!first) return null
  return schemas.every(schema => JSON.stringify(schema) === JSON.stringify(first)) ? first : null
}
