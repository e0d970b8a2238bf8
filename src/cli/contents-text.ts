/** States in numbers, for people: a table, the biggest keys, a histogram of key groups. */
import { preview } from '../codec/preview.ts'
import { keyCodec } from '../record/key.ts'
import type { KeySize, StateContents } from '../savepoint/contents.ts'
import { keyToJson } from '../savepoint/entry-json.ts'
import { byteCount, count, table } from './table.ts'

const bars = ' ▁▂▃▄▅▆▇█'
const histogramWidth = 64

/** Lines about all of them. */
export function contentsLines(states: readonly StateContents[]): readonly string[] {
  const rows = states.map(({ table: { uid, state }, keys, rows: entries, bytes, keysByGroup }) => [
    uid,
    state.name,
    keys,
    entries,
    byteCount(bytes),
    skewText(keys, keysByGroup),
  ])
  return [
    ...table(['operator', 'state', 'keys', 'entries', 'bytes', 'largest key group'], rows),
    ...states.flatMap(stateLines),
  ]
}

/** The same for programs. */
export function contentsJson(contents: StateContents): Readonly<Record<string, unknown>> {
  const { table: of, keys, rows, bytes, keysByGroup } = contents
  const biggest = contents.biggest.map(each => ({ ...each, key: keyToJson(of.key, each.key) }))
  return { uid: of.uid, state: of.state.name, keys, rows, bytes, biggest, keysByGroup }
}

function stateLines(contents: StateContents): readonly string[] {
  const { table: of, biggest, keysByGroup } = contents
  const title = `${of.uid}/${of.state.name}`
  const keys = biggest.map(({ key, keyGroup, rows, bytes }): readonly (string | number)[] => [
    keyText(contents, key),
    keyGroup,
    rows,
    byteCount(bytes),
  ])
  return [
    ...(contents.keys > 0 ? ['', `  keys of ${title} by key group`, `  ${histogram(keysByGroup)}`] : []),
    ...(keys.length > 0
      ? ['', ...table([`biggest keys of ${title}`, 'key group', 'entries', 'bytes'], keys)]
      : []),
  ]
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

function skewText(keys: number, keysByGroup: readonly number[]): string {
  if (keys === 0) return '-'
  const most = Math.max(...keysByGroup)
  return `${(most / (keys / keysByGroup.length)).toFixed(2)} × the mean`
}

function keyText({ table: of }: StateContents, key: KeySize['key']): string {
  const parts = keyCodec(of.key).parts(key)
  return parts.map((part, i) => preview(of.key.fields[i]!.type, part)).join(', ')
}
