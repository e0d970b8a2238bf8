/**
 * What must hold between the members of a manifest. Checked before one is written and after one is read, by the same
 * rules: a violation throws a `ShapeMismatch` that names the place.
 */
import { wholeNumberScale } from '../record/key-field.ts'
import { isOptional, required, typeName } from '../record/type.ts'
import type { SourceGrowth } from './handoff-facts.ts'
import { ShapeMismatch } from './json-shape.ts'
import type {
  Layer,
  Manifest,
  ManifestOperator,
  ManifestPartition,
  ManifestSource,
  ManifestState,
  PartitionHistory,
  SegmentInfo,
} from './manifest.ts'
import { reservedColumns } from './segment-columns.ts'

/** Checks all rules. */
export function checkManifestRules(manifest: Manifest): void {
  distinct(manifest.operators, operator => operator.uid, '$.operators')
  distinct(manifest.sources, source => source.name, '$.sources')
  distinct(manifest.clocks, clock => clock.stage, '$.clocks')
  distinct(manifest.history, history => history.source, '$.history')
  distinct(manifest.counts.sources, counts => counts.name, '$.counts.sources')
  distinct(manifest.counts.operators, counts => counts.uid, '$.counts.operators')
  for (const [i, operator] of manifest.operators.entries()) {
    checkOperator(operator, manifest.keyGroups, `$.operators[${i}]`)
  }
  for (const [i, source] of manifest.sources.entries()) checkSource(source, `$.sources[${i}]`)
  checkTasks(manifest)
  if (manifest.transactions !== undefined && manifest.number === 0)
    throw new ShapeMismatch('$.transactions', 'it in a numbered manifest alone', manifest.transactions)
  distinct(allSegments(manifest), segment => segment.name, 'segments')
}

function checkTasks({ kind, number, tasks, task, sources, operators }: Manifest): void {
  if (tasks !== undefined && (kind !== 'start' || number === 0 || task !== undefined))
    throw new ShapeMismatch('$.tasks', 'it in a numbered start of all partitions alone', kind)
  if (tasks !== undefined && operators.some(({ states }) => states.some(({ layers }) => layers.length === 0)))
    throw new ShapeMismatch('$.operators', 'a base layer of every state, for the layers of tasks', 'none')
  if (task === undefined) {
    if (kind === 'seal') throw new ShapeMismatch('$.kind', 'a seal in the chain of a task alone', kind)
    return
  }
  if (task.index >= task.count)
    throw new ShapeMismatch('$.task.index', `below ${task.count}, the count`, task.index)
  for (const [i, { partitions }] of sources.entries()) {
    const foreign = partitions.find(({ partition }) => partition % task.count !== task.index)
    if (foreign !== undefined)
      throw new ShapeMismatch(
        `$.sources[${i}].partitions`,
        `partitions of task ${task.index}`,
        foreign.partition,
      )
  }
}

/** Every segment that the manifest names. */
export function allSegments(manifest: Pick<Manifest, 'operators'>): readonly SegmentInfo[] {
  const layers = manifest.operators.flatMap(operator => operator.states.flatMap(state => state.layers))
  return layers.flatMap(layer => layer.segments)
}

function checkOperator(operator: ManifestOperator, keyGroups: number, at: string): void {
  const { fields } = operator.key
  if (fields.length === 0) throw new ShapeMismatch(`${at}.key.fields`, 'at least one field', fields)
  for (const [i, field] of fields.entries()) {
    checkKeyField(field.name, `${at}.key.fields[${i}].name`)
    const spec = required(field.type)
    const isText = spec.kind === 'string' || spec.kind === 'enum'
    if (isOptional(field.type) || (!isText && wholeNumberScale(spec) === undefined)) {
      throw new ShapeMismatch(
        `${at}.key.fields[${i}].type`,
        'a type that a key may have',
        typeName(field.type),
      )
    }
  }
  distinct(fields, field => field.name, `${at}.key.fields`)
  distinct(operator.states, state => state.name, `${at}.states`)
  for (const [i, state] of operator.states.entries()) {
    checkKeyField(state.name, `${at}.states[${i}].name`)
    if (fields.some(field => field.name === state.name)) {
      throw new ShapeMismatch(`${at}.states[${i}].name`, 'another name than a key field', state.name)
    }
    if (state.kind === 'map' && state.type.kind !== 'map')
      throw new ShapeMismatch(`${at}.states[${i}].type`, 'a map of a key and a value type', state.type)
    checkLayers(state, keyGroups, `${at}.states[${i}].layers`)
  }
}

function checkKeyField(name: string, at: string): void {
  if (reservedColumns.includes(name)) throw new ShapeMismatch(at, 'a name that is not reserved', name)
}

function checkLayers(state: ManifestState, keyGroups: number, at: string): void {
  for (const [i, layer] of state.layers.entries()) {
    checkRanges(layer, keyGroups, `${at}[${i}].segments`)
    for (const [j, { tombstones, rows, blocks }] of layer.segments.entries()) {
      const place = `${at}[${i}].segments[${j}]`
      if (i === 0 && tombstones > 0)
        throw new ShapeMismatch(`${place}.tombstones`, 'none in the base layer', tombstones)
      if (tombstones > rows)
        throw new ShapeMismatch(`${place}.tombstones`, `at most ${rows}, its rows`, tombstones)
      if (blocks > rows) throw new ShapeMismatch(`${place}.blocks`, `at most ${rows}, its rows`, blocks)
    }
  }
}

function checkRanges(layer: Layer, keyGroups: number, at: string): void {
  let free = 0
  for (const [i, { groups }] of layer.segments.entries()) {
    const [first, end] = groups
    if (first < free || end <= first || end > keyGroups) {
      throw new ShapeMismatch(
        `${at}[${i}].groups`,
        `a range within ${free} to ${keyGroups}`,
        groups.join(' to '),
      )
    }
    free = end
  }
}

function checkSource(source: ManifestSource, at: string): void {
  let least = 0
  for (const [i, entry] of source.partitions.entries()) {
    const place = `${at}.partitions[${i}]`
    if (entry.partition < least)
      throw new ShapeMismatch(`${place}.partition`, `${least} or above`, entry.partition)
    least = entry.partition + 1
    if (entry.history) checkHistory(entry.history, entry, `${place}.history`)
  }
  let count = 0
  for (const [i, growth] of (source.growths ?? []).entries()) {
    const place = `${at}.growths[${i}]`
    if (growth.count <= count) throw new ShapeMismatch(`${place}.count`, `above ${count}`, growth.count)
    count = growth.count
    checkGrown(growth, `${place}.partitions`)
  }
}

function checkGrown({ partitions }: SourceGrowth, at: string): void {
  let least = 0
  for (const [i, { partition }] of partitions.entries()) {
    if (partition < least) throw new ShapeMismatch(`${at}[${i}].partition`, `${least} or above`, partition)
    least = partition + 1
  }
}

function checkHistory(history: PartitionHistory, { next }: ManifestPartition, at: string): void {
  const { first, last, holes } = history
  if ((first === null) !== (last === null)) throw new ShapeMismatch(`${at}.last`, 'null where first is', last)
  if (last !== null && last < (first ?? 0)) throw new ShapeMismatch(`${at}.last`, `${first} or above`, last)
  const below = next ?? Infinity
  if (last !== null && below <= last) throw new ShapeMismatch(`${at}.last`, `below ${next}, the next`, last)
  let free = 0
  for (const [i, [from, end]] of holes.entries()) {
    const fits = from >= free && end > from && end <= below
    if (!fits)
      throw new ShapeMismatch(
        `${at}.holes[${i}]`,
        `a range within ${free} to ${next ?? 'any'}`,
        `${from} to ${end}`,
      )
    free = end
  }
}

function distinct<T>(items: readonly T[], nameOf: (item: T) => string, at: string): void {
  const seen = new Set<string>()
  for (const item of items) {
    const name = nameOf(item)
    if (seen.has(name)) throw new ShapeMismatch(at, 'every name once', name)
    seen.add(name)
  }
}
