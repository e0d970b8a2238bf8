/** The operators of a graph with their keys and declared states: what a savepoint's operators are held against. */
import { stateSchemas } from '../job/graph-data.ts'
import type { JobGraph } from '../job/graph.ts'
import type { KeySchema } from '../record/key.ts'
import type { StateSchema } from '../state/state.ts'

/** One operator, as far as savepoints know it. */
export interface GraphOperator {
  readonly uid: string
  readonly key: KeySchema
  readonly states: readonly StateSchema[]
}

/** All operators in the order of the stages. */
export function graphStates(graph: JobGraph): readonly GraphOperator[] {
  return graph.stages.flatMap(({ key, operators }) =>
    operators.map(({ uid, state }) => ({ uid, key, states: stateSchemas(state) })),
  )
}
