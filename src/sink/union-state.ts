/** What the tasks of a job stored of one sink, as the state of one: a later start goes on from all of them. */
import { internal } from '../errors.ts'
import {
  isPartsState,
  partsState,
  storedParts,
  isFinished,
  type FinishedParts,
  type PartsState,
} from './parts-state.ts'
import type { SinkState } from './sink.ts'

/** Errors: `internal`, code `bad-sink-state`, for states of a sink that several tasks can't write. */
export function unionSinkState(states: readonly SinkState[]): SinkState {
  const known = states.filter(state => state !== null)
  const [first, ...others] = known
  if (first === undefined) return null
  if (known.every(isPartsState))
    return storedParts(known.map(state => partsState(state, 'output')).reduce(both))
  const text = JSON.stringify(first)
  if (others.every(other => JSON.stringify(other) === text)) return first
  throw internal({
    code: 'bad-sink-state',
    thing: 'the sinks of several tasks',
    expected: 'states that can be brought together',
    found: known.map(state => JSON.stringify(state)).join(', '),
  })
}

/** What one task has finished since is open no more, whatever another one knows of it. */
function both(a: PartsState, b: PartsState): PartsState {
  const finished = [...a.finished, ...b.finished].reduce<FinishedParts[]>((all, part) => {
    const same = all.find(each => each.generation === part.generation && each.task === part.task)
    if (same === undefined) return [...all, part]
    const count = Math.max(same.count, part.count)
    return all.map(each => (each === same ? { ...same, count } : each))
  }, [])
  const sum = { folder: a.folder, finished, finishing: [], open: [] }
  return {
    ...sum,
    finishing: distinct([...a.finishing, ...b.finishing]),
    open: distinct([...a.open, ...b.open]).filter(part => !isFinished(sum, part)),
  }
}

function distinct<T>(parts: readonly T[]): readonly T[] {
  const seen = new Map(parts.map(part => [JSON.stringify(part), part]))
  return [...seen.values()]
}
