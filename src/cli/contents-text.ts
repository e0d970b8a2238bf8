/** States for people: a table of how they are stored and what they hold, their biggest keys, a histogram of key groups. */
import { preview } from '../codec/preview.ts'
import { keyCodec } from '../record/key.ts'
import { typeName } from '../record/type.ts'
import type { KeySize, StateContents } from '../savepoint/contents.ts'
import { keyToJson } from '../savepoint/entry-json.ts'
import type { Manifest, ManifestOperator, ManifestState } from '../savepoint/manifest.ts'
import { byteCount, count, table, type Cell } from './table.ts'

const bars = ' ▁▂▃▄▅▆▇█'
const histogramWidth = 64
const columns = [
  'operator',
  'key',
  'state',
  'kind',
  'type',
  'layers',
  'keys',
  'entries',
  'size',
  'largest key group',
] as const

/** A table of states, those of which the entries were not read too. */
export function statesLines(
  { operators, counts }: Pick<Manifest, 'operators' | 'counts'>,
  contents: readonly StateContents[],
): readonly string[] {
  const rows = operators.flatMap((operator): readonly (readonly Cell[])[] => {
    const { uid, key, states } = operator
    const named = [uid, key.fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')]
    const keys = counts.operators.find(each => each.uid === uid)?.keys ?? null
    if (states.length === 0) return [[...named, 'none', null, null, null, keys, null, null, null]]
    return states.map(state => [...named, ...stateCells(operator, state, keys, contents)])
  })
  return table(columns, rows)
}

function stateCells(
  { uid, states }: ManifestOperator,
  { name, kind, type, layers }: ManifestState,
  keysOfOperator: number | null,
  contents: readonly StateContents[],
): readonly Cell[] {
  const segments = layers.flatMap(layer => layer.segments)
  const sum = (of: (segment: (typeof segments)[number]) => number): number =>
    segments.reduce((all, each) => all + of(each), 0)
  const found = contents.find(({ table: of }) => of.uid === uid && of.state.name === name)
  // Above a base layer rows replace others: only reading tells how many entries are left.
  const stored = layers.length <= 1 ? sum(each => each.rows) : null
  return [
    name,
    kind,
    typeName(type),
    layers.length,
    found?.keys ?? (states.length === 1 ? keysOfOperator : null),
    found?.rows ?? stored,
    byteCount(sum(each => each.bytes)),
    found === undefined ? null : skewText(found.keys, found.keysByGroup),
  ]
}

/** The biggest keys of each state, and histograms; states whose keys are spread alike share one. */
export function keysLines(contents: readonly StateContents[]): readonly string[] {
  const spreads = new Map<string, { readonly titles: string[]; readonly keysByGroup: readonly number[] }>()
  for (const each of contents) {
    if (each.keys === 0) continue
    const name = `${each.table.uid} ${each.keysByGroup.join()}`
    const spread = spreads.get(name) ?? { titles: [], keysByGroup: each.keysByGroup }
    spread.titles.push(titleOf(each))
    spreads.set(name, spread)
  }
  return [
    ...[...spreads.values()].flatMap(({ titles, keysByGroup }) => [
      '',
      `  keys of ${titles.join(', ')} by key group`,
      `  ${histogram(keysByGroup)}`,
    ]),
    ...contents.flatMap(biggestLines),
  ]
}

/** The same for programs. */
export function contentsJson(contents: StateContents): Readonly<Record<string, unknown>> {
  const { table: of, keys, rows, bytes, keysByGroup } = contents
  const biggest = contents.biggest.map(each => ({ ...each, key: keyToJson(of.key, each.key) }))
  return { uid: of.uid, state: of.state.name, keys, rows, bytes, biggest, keysByGroup }
}

function biggestLines(contents: StateContents): readonly string[] {
  const keys = contents.biggest.map(({ key, keyGroup, rows, bytes }): readonly (string | number)[] => [
    keyText(contents, key),
    keyGroup,
    rows,
    byteCount(bytes),
  ])
  if (keys.length === 0) return []
  return ['', ...table([`biggest keys of ${titleOf(contents)}`, 'key group', 'entries', 'bytes'], keys)]
}

function titleOf({ table: { uid, state } }: StateContents): string {
  return `${uid}/${state.name}`
}

/** A bar for each key group, or for several neighbours; the highest is full. */
export function histogram(keysByGroup: readonly number[]): string {
  const inBar = Math.ceil(keysByGroup.length / histogramWidth)
  const sums: number[] = []
  for (const [group, keys] of keysByGroup.entries()) {
    const at = Math.floor(group / inBar)
    sums[at] = (sums[at] ?? 0) + keys
  }
  const most = Math.max(...sums)
  const text = sums.map(sum => bars[sum === 0 ? 0 : Math.max(1, Math.round((sum / most) * 8))]).join('')
  const [least, largest] = [Math.min(...sums), most]
  const unit = inBar === 1 ? 'a key group' : `${inBar} key groups`
  return `│${text}│ ${count(least)} to ${count(largest)} keys in ${unit}`
}

/** How many times the mean means something only where there are some keys in a group. */
function skewText(keys: number, keysByGroup: readonly number[]): string {
  if (keys === 0) return '-'
  const most = keysByGroup.reduce((a, b) => Math.max(a, b), 0)
  const mean = keys / keysByGroup.length
  const text = `${count(most)} ${most === 1 ? 'key' : 'keys'}`
  return mean < 1 ? text : `${text}, ${(most / mean).toFixed(2)} × the mean`
}

function keyText({ table: of }: StateContents, key: KeySize['key']): string {
  const parts = keyCodec(of.key).parts(key)
  return parts.map((part, i) => preview(of.key.fields[i]!.type, part)).join(', ')
}
