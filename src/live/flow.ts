/**
 * The ways of records through a job, compiled once: who takes what a source or an operator puts out, which clock a
 * stage has, and where the order of a batch must be restored because rows come by ways of different length.
 */
import { compileKey, compileTransforms, type Chain } from '../job/stage-input.ts'
import type { JobGraph, Stage, StageInput } from '../job/graph.ts'
import { hasPartitionClocks, sourcesReaching, stageOfOperator } from '../job/stage-sources.ts'
import { keyCodec, type Key, type KeyCodec } from '../record/key.ts'
import type { AnyRecord } from '../record/record.ts'

/** A stage's input, compiled. */
export interface Consumer {
  /** Index of the stage. */
  readonly stage: number
  /** Its place among those that take from the same source or operator, from 1. */
  readonly place: number
  readonly transforms: Chain | null
  readonly keyOf: (record: AnyRecord) => Key
}

/** Where an operator's emissions go. */
export interface OperatorRoutes {
  readonly uid: string
  readonly sinks: readonly string[]
  readonly consumers: readonly Consumer[]
}

/** One stage, as the live run sees it. */
export interface StageFlow {
  readonly stage: Stage
  readonly codec: KeyCodec
  /** In the order of the stage's operators. */
  readonly routes: readonly OperatorRoutes[]
  /** Names of all sources whose records reach the stage. */
  readonly sources: readonly string[]
  /** Whether a key's clock is its partition's: one source, partitioned by the key, and nothing in between. */
  readonly perPartition: boolean
  /** Whether rows reach it by several ways, so that a batch must be sorted by path before it is applied. */
  readonly mixed: boolean
}

/** The whole job. */
export interface Flow {
  readonly stages: readonly StageFlow[]
  readonly bySource: ReadonlyMap<string, readonly Consumer[]>
  /** Sinks that take from operators of several stages: their output is sorted by path. */
  readonly mixedSinks: ReadonlySet<string>
  /** Whether rows must carry their paths at all. */
  readonly paths: boolean
}

/** Compiles a graph. */
export function compileFlow(graph: JobGraph): Flow {
  const codecs = graph.stages.map(stage => keyCodec(stage.key))
  const stages = graph.stages.map((stage, index) => stageFlow(graph, stage, codecs, index))
  const bySource = new Map(
    graph.sources.map(({ name }) => [name, consumersOf(graph, codecs, { source: name })]),
  )
  const mixedSinks = new Set(graph.sinks.filter(sink => stagesInto(graph, sink) > 1))
  return { stages, bySource, mixedSinks, paths: mixedSinks.size > 0 || stages.some(({ mixed }) => mixed) }
}

function stageFlow(graph: JobGraph, stage: Stage, codecs: readonly KeyCodec[], index: number): StageFlow {
  const sources = sourcesReaching(graph, stage)
  const routes = stage.operators.map(({ uid, sinks }) => ({
    uid,
    sinks,
    consumers: consumersOf(graph, codecs, { operator: uid }),
  }))
  const codec = codecs[index] as KeyCodec
  const mixed = new Set(stage.inputs.map(input => wayInto(graph, input))).size > 1
  return { stage, codec, routes, sources, perPartition: hasPartitionClocks(graph, stage), mixed }
}

function consumersOf(
  graph: JobGraph,
  codecs: readonly KeyCodec[],
  from: StageInput['from'],
): readonly Consumer[] {
  const wanted = JSON.stringify(from)
  const inputs = graph.stages.flatMap((stage, index) => stage.inputs.map(input => ({ input, index })))
  const taking = inputs.filter(({ input }) => JSON.stringify(input.from) === wanted)
  return taking.map(({ input, index }, place) => ({
    stage: index,
    place: place + 1,
    transforms: compileTransforms(input),
    keyOf: compileKey(input.key, codecs[index] as KeyCodec),
  }))
}

/** Rows that come from operators of one stage are in order already, and so are those from sources. */
function wayInto(graph: JobGraph, { from }: StageInput): number {
  return 'source' in from ? -1 : graph.stages.indexOf(stageOfOperator(graph, from.operator))
}

function stagesInto(graph: JobGraph, sink: string): number {
  return graph.stages.filter(stage => stage.operators.some(operator => operator.sinks.includes(sink))).length
}
