/** Edits: what the state of a key becomes. Keys and values stand in their JSON form (codec/json-value.ts). */
import type { Json } from '../codec/json-value.ts'
import { invalid, messageOf, type HeadwaterError } from '../errors.ts'

/**
 * One edit of one state of one key: `set` a value (of a list state all elements, as an array), `patch` it, or `delete` it.
 *
 * A patch of a struct is a JSON merge patch (RFC 7396); so is that of a map, `{KEY: VALUE}` where its keys are texts, else
 * `[[KEY, VALUE], …]`, null taking an entry away. A patch of a list is `{set, remove, append}`, each of them
 * optional, in this order: elements by index, indexes that the list had, elements for the end.
 */
export interface Edit {
  /** The key's JSON form; of several fields an array. */
  readonly key: Json
  readonly uid: string
  readonly state: string
  readonly set?: Json
  readonly patch?: Json
  readonly delete?: true
  /** The edit is refused unless this is what the key has now; null, where the type is not optional, that it has nothing. */
  readonly expect?: Json
  /** The edit is refused if the key has anything now. */
  readonly expectAbsent?: true
}

const members = ['key', 'uid', 'state', 'set', 'patch', 'delete', 'expect', 'expectAbsent']

/** The edits of NDJSON lines; empty lines are left out. Errors: `invalid`, code `bad-edit`, with the line. */
export function editsFrom(lines: AsyncIterable<string>, file: string): AsyncGenerator<Edit> {
  // Begun at once: Node's readline loses the lines that come before somebody asks for them.
  return parsedEdits(lines[Symbol.asyncIterator](), file)
}

async function* parsedEdits(begun: AsyncIterator<string>, file: string): AsyncGenerator<Edit> {
  let number = 0
  for await (const line of { [Symbol.asyncIterator]: () => begun }) {
    number++
    if (line.trim() !== '') yield checkedEdit(parsed(line, `${file}:${number}`), `${file}:${number}`)
  }
}

/** Refuses what is no edit: `invalid`, code `bad-edit`, naming `thing`. */
export function checkedEdit(value: unknown, thing: string): Edit {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badEdit(thing, 'an object {key, uid, state, set | patch | delete}', JSON.stringify(value))
  const edit = value as Readonly<Record<string, unknown>>
  const strange = Object.keys(edit).find(name => !members.includes(name))
  if (strange !== undefined) throw badEdit(thing, `members ${members.join(', ')}`, strange)
  for (const name of ['uid', 'state']) {
    if (typeof edit[name] !== 'string') throw badEdit(thing, `'${name}', a text`, shownJson(edit[name]))
  }
  if (edit['key'] === undefined) throw badEdit(thing, `a 'key'`, 'none')
  const actions = ['set', 'patch', 'delete'].filter(name => edit[name] !== undefined)
  if (actions.length !== 1)
    throw badEdit(thing, 'one of set, patch and delete', actions.join(' and ') || 'none')
  if (edit['delete'] !== undefined && edit['delete'] !== true)
    throw badEdit(thing, `'delete': true`, shownJson(edit['delete']))
  if (edit['expectAbsent'] !== undefined && edit['expectAbsent'] !== true)
    throw badEdit(thing, `'expectAbsent': true`, shownJson(edit['expectAbsent']))
  if (edit['expect'] !== undefined && edit['expectAbsent'] !== undefined)
    throw badEdit(thing, 'expect or expectAbsent', 'both')
  return edit as unknown as Edit
}

function parsed(line: string, thing: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw badEdit(thing, 'JSON', messageOf(error))
  }
}

function shownJson(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value).slice(0, 60)
}

/** An edit that is no edit. */
export function badEdit(thing: string, expected: string, found: string): HeadwaterError {
  return invalid({
    code: 'bad-edit',
    thing,
    expected,
    found,
    remedy: 'correct the edit; nothing was written',
  })
}
