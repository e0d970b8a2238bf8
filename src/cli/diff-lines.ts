/** Differences between savepoints as lines for programs and for people. */
import { jsonText } from '../codec/json-text.ts'
import { valueToJson, type Json } from '../codec/json-value.ts'
import { preview } from '../codec/preview.ts'
import { keyCodec } from '../record/key.ts'
import { keyToJson } from '../savepoint/entry-json.ts'
import type {
  ChangedField,
  ContextDifference,
  Difference,
  KeyChange,
  StateDifference,
} from '../savepoint/diff/diff.ts'
import type { Paint } from './paint.ts'
import { count, table } from './table.ts'

const shownFields = 8

/** One JSON object for each difference. Absent values are left out. */
export function differenceJson(difference: Difference): string {
  switch (difference.kind) {
    case 'context':
    case 'state':
      return jsonText(difference)
    case 'added':
    case 'removed':
    case 'changed': {
      const { kind, uid, state, schema, keyGroup, key, fields, more } = difference
      const named = { kind, uid, state: state.name, keyGroup, key: keyToJson(schema, key) }
      return jsonText({ ...named, fields: fields.map(fieldJson), ...(more > 0 && { more }) })
    }
  }
}

/** `+ key  total 5`, `- key  total 5`, `~ key  total 5 → 6`. */
export function changeLine({ kind, schema, key, fields, more }: KeyChange, paint: Paint): string {
  const parts = keyCodec(schema)
    .parts(key)
    .map((part, i) => preview(schema.fields[i]!.type, part))
  const left = fields.length + more - shownFields
  const texts = fields.slice(0, shownFields).map(fieldText)
  const line = `${parts.join(', ')}  ${texts.join(', ')}${left > 0 ? ` and ${count(left)} more` : ''}`
  if (kind === 'added') return paint.green(`  + ${line}`)
  return kind === 'removed' ? paint.red(`  - ${line}`) : paint.yellow(`  ~ ${line}`)
}

/** What the savepoints are of, as a table; no lines when that is the same. */
export function contextLines(differences: readonly ContextDifference[], paint: Paint): readonly string[] {
  if (differences.length === 0) return []
  const parts = [...new Set(differences.map(({ what }) => what))]
  const rows = differences.map(({ what, of, before, after }) => [what, of, before, after])
  return [paint.bold(`not of the same ${parts.join(', ')}:`), ...table(['', 'of', 'A', 'B'], rows), '']
}

/** Counts by state. */
export function summaryLines(states: readonly StateDifference[]): readonly string[] {
  const rows = states.map(({ uid, state, added, removed, changed, notCompared }) => [
    uid,
    state,
    ...(notCompared === null ? [added, removed, changed] : [null, null, null]),
    notCompared ?? (added + removed + changed === 0 ? 'same' : 'different'),
  ])
  return table(['operator', 'state', 'added', 'removed', 'changed', ''], rows)
}

function fieldJson({ field, type, before, after }: ChangedField): Json {
  return {
    field,
    ...(before !== undefined && { before: valueToJson(type, before) }),
    ...(after !== undefined && { after: valueToJson(type, after) }),
  }
}

function fieldText({ field, type, before, after }: ChangedField): string {
  if (before === undefined) return `${field} ${preview(type, after)}`
  if (after === undefined) return `${field} ${preview(type, before)}`
  return `${field} ${preview(type, before)} → ${preview(type, after)}`
}
