/** `headwater edit`: state of single keys set, patched or deleted, in a new savepoint. */
import type { Json } from '../../codec/json-value.ts'
import type { EditChange } from '../../repair/edit.ts'
import type { Edit } from '../../repair/edits.ts'
import type { Savepoint } from '../../savepoint/savepoint.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../cli.ts'
import { pairs, printReport, repairOptions, repairSettings } from '../repair-output.ts'
import { savepointArgument } from '../savepoint-output.ts'
import { count } from '../table.ts'

const shownChanges = 20
const shownText = 200

export const editCommand: Command = {
  name: 'edit',
  summary: 'Set, patch or delete state of keys, in a new savepoint',
  about:
    'Values are JSON, as get and scan --json print them, and are checked against the stored schema; of a list state, an array. ' +
    'A patch of a struct or a map is a JSON merge patch, of a list {"set": {"0": …}, "remove": [1], "append": [ … ]}. A line of a file of ' +
    'edits is {"key", "uid", "state", and "set", "patch" or "delete": true; "expect" or "expectAbsent": true}.',
  positionals: [
    savepointArgument,
    { name: 'KEY', text: 'as get takes it; not with --from-file', optional: true },
    { name: 'UID/STATE=JSON', text: 'what the key’s state becomes', many: true },
  ],
  options: {
    ...repairOptions,
    patch: { value: 'UID/STATE=JSON', text: 'patch it', many: true },
    delete: { value: 'UID/STATE', text: 'delete it', many: true },
    expect: {
      value: 'UID/STATE=JSON',
      text: 'refuse the edit unless this is there now; the word absent for nothing',
      many: true,
    },
    'from-file': { value: 'FILE', text: 'edits of many keys, NDJSON; - is standard input' },
  },
  examples: [
    [
      'edit savepoints/november --into repaired 17850 spend/total=12.5 --expect spend/total=99',
      'compare and set',
    ],
    [
      'edit savepoints/november --into repaired --from-file edits.ndjson --dry-run',
      'what many edits would change',
    ],
  ],
  run: async (args, session) => {
    const settings = repairSettings(args, session)
    const [{ edit }, { readSettled }] = await Promise.all([
      import('../../repair/edit.ts'),
      import('../../savepoint/pin-settled.ts'),
    ])
    const report = await readSettled(args.word('SAVEPOINT'), async savepoint => {
      const file = args.text('from-file')
      const edits = file === null ? await editsOfWords(args, savepoint) : await editsOfFile(args, file)
      return edit(savepoint, edits, settings)
    })
    if (!session.json) await session.out.lines(changeLines(report.changes))
    await printReport(session, report)
  },
}

async function editsOfFile(args: Arguments, file: string): Promise<AsyncIterable<Edit>> {
  if (args.optionalWord('KEY') !== null) throw args.wrong('--from-file', 'it, or a KEY and its edits', 'both')
  const [{ createReadStream }, { textLines }, { editsFrom }] = await Promise.all([
    import('node:fs'),
    import('../../source/text-lines.ts'),
    import('../../repair/edits.ts'),
  ])
  const { stat } = await import('node:fs/promises')
  if (file !== '-')
    await stat(file).catch(() => {
      throw args.wrong('--from-file', 'a file of edits', `'${file}', which is not there`)
    })
  const input = file === '-' ? process.stdin : createReadStream(file)
  return editsFrom(textLines(input, file), file)
}

async function editsOfWords(args: Arguments, savepoint: Savepoint): Promise<readonly Edit[]> {
  const text = args.optionalWord('KEY')
  if (text === null) throw args.wrong('KEY', 'a key and its edits, or --from-file', 'neither')
  const [{ keyFromText }, { keyToJson }] = await Promise.all([
    import('../key-text.ts'),
    import('../../savepoint/entry-json.ts'),
  ])
  const keyOf = (uid: string): Json => {
    const operator = savepoint.manifest.operators.find(each => each.uid === uid)
    return operator === undefined ? text : keyToJson(operator.key, keyFromText(operator.key, text))
  }
  const expected = new Map(Object.entries(pairs(args, 'expect', 'UID/STATE=JSON')))
  const edit = (path: string, change: Pick<Edit, 'set' | 'patch' | 'delete'>): Edit => {
    const at = path.indexOf('/')
    if (at < 1) throw args.wrong(path, 'UID/STATE', 'no / in it')
    const [uid, state] = [path.slice(0, at), path.slice(at + 1)]
    const expect = expected.get(path)
    expected.delete(path)
    return { key: keyOf(uid), uid, state, ...change, ...expectation(args, expect) }
  }
  const edits = [
    ...args.words('UID/STATE=JSON').map(word => {
      const at = word.indexOf('=')
      if (at < 1) throw args.wrong(word, 'UID/STATE=JSON', 'no = in it')
      return edit(word.slice(0, at), { set: json(args, word, word.slice(at + 1)) })
    }),
    ...Object.entries(pairs(args, 'patch', 'UID/STATE=JSON')).map(([path, patch]) =>
      edit(path, { patch: json(args, path, patch) }),
    ),
    ...args.list('delete').map(path => edit(path, { delete: true })),
  ]
  if (edits.length === 0)
    throw args.wrong(`key ${text}`, 'an edit: UID/STATE=JSON, --patch or --delete', 'none')
  const [unused] = expected.keys()
  if (unused !== undefined) throw args.wrong(`--expect ${unused}`, 'an edit of that state', 'none')
  return edits
}

function expectation(args: Arguments, text: string | undefined): Pick<Edit, 'expect' | 'expectAbsent'> {
  if (text === undefined) return {}
  return text === 'absent' ? { expectAbsent: true } : { expect: json(args, '--expect', text) }
}

function json(args: Arguments, thing: string, text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw args.wrong(thing, `JSON; a text in double quotes: '"…"'`, `'${text}'`)
  }
}

function changeLines(changes: readonly EditChange[]): readonly string[] {
  const shown = changes.slice(0, shownChanges).map(({ uid, state, key, before, after }) => {
    return `${uid}/${state} of ${JSON.stringify(key)}: ${text(before)} → ${text(after)}`
  })
  const left = changes.length - shown.length
  return [
    `${count(changes.length)} ${changes.length === 1 ? 'change' : 'changes'}`,
    ...shown.map(line => `  ${line}`),
    ...(left > 0 ? [`  and ${count(left)} more`] : []),
  ]
}

function text(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  const json = JSON.stringify(value)
  return json.length > shownText ? `${json.slice(0, shownText)}…` : json
}
