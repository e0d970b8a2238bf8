/** Which sources feed a stage, and with them which clock its keys have (architecture.md section 5). */
import { internal } from '../errors.ts'
import type { JobGraph, Stage } from './graph.ts'

/** Names of all sources whose records reach a stage, directly or through other stages; in the graph's order. */
export function sourcesReaching(graph: JobGraph, stage: Stage): readonly string[] {
  const names = reaching(graph, stage)
  return graph.sources.map(source => source.name).filter(name => names.has(name))
}

function reaching(graph: JobGraph, stage: Stage): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { from } of stage.inputs) {
    if ('source' in from) names.add(from.source)
    else for (const name of reaching(graph, stageOfOperator(graph, from.operator))) names.add(name)
  }
  return names
}

/** The stage that holds an operator. */
export function stageOfOperator(graph: JobGraph, uid: string): Stage {
  const found = graph.stages.find(stage => stage.operators.some(operator => operator.uid === uid))
  if (found) return found
  throw internal({ code: 'unknown-operator', thing: `operator ${uid}`, expected: 'an operator of the job' })
}

/**
 * Whether a key of the stage has the clock of its own partition: all of its records come from one source that is
 * partitioned by the key, with no other stage in between.
 */
export function hasPartitionClocks(graph: JobGraph, stage: Stage): boolean {
  const names = new Set(stage.inputs.map(({ from }) => ('source' in from ? from.source : null)))
  const [only] = names
  return names.size === 1 && graph.sources.some(source => source.name === only && source.partitionedByKey)
}
