/** `headwater rewrite`: all of a savepoint, changed on the way into a new one. */
import type { TypeSpec } from '../../record/type.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../cli.ts'
import { pairs, printReport, repairOptions, repairSettings } from '../repair-output.ts'
import { savepointArgument } from '../savepoint-output.ts'
import { wholeNumberOption } from '../whole-number.ts'

export const rewriteCommand: Command = {
  name: 'rewrite',
  summary: 'Rename, drop, filter, map or rekey the state of a savepoint, into a new one',
  about:
    'A transform file exports functions by name: map({uid, state, key, value}) gives the new value, rekey({…}) the new key, ' +
    'undefined from either removes the entry; merge(left, right, {uid, state, key}) gives one value for two keys that meet.',
  positionals: [savepointArgument],
  options: {
    ...repairOptions,
    'rename-uid': { value: 'OLD=NEW', text: 'file an operator’s state under another uid', many: true },
    'rename-state': { value: 'UID/OLD=NEW', text: 'give a state another name', many: true },
    drop: { value: 'UID[/STATE]', text: 'leave an operator or a state behind', many: true },
    retype: {
      value: 'UID/STATE=TYPE',
      text: 'another type, float64 or as JSON; without --map only values that are exactly one of it too',
      many: true,
    },
    where: { value: 'CONDITION', text: 'keep only entries for which it holds, as in scan' },
    'key-prefix': { value: 'TEXT', text: 'keep only keys that begin so' },
    of: {
      value: 'UID[/STATE]',
      text: 'what --where, --key-prefix, --map and --rekey are about; all if not given',
      many: true,
    },
    map: { value: 'FILE', text: 'a transform file with map' },
    rekey: { value: 'FILE', text: 'a transform file with rekey, and merge where keys may meet' },
    'key-groups': { value: 'G', text: 'as many key groups as the job has now' },
  },
  examples: [
    [
      'rewrite savepoints/november --into renamed --rename-uid spend=spend-per-customer',
      'after a change of the job',
    ],
    [
      'rewrite checkpoints --into smaller --drop old-operator --where "total > 0" --of spend/total',
      'less state',
    ],
  ],
  run: async (args, session) => {
    const settings = repairSettings(args, session)
    const keyGroups = wholeNumberOption(args, 'key-groups', 1)
    const [where, keyPrefix] = [args.text('where'), args.text('key-prefix')]
    const of = args.list('of')
    const { rewrite } = await import('../../repair/rewrite.ts')
    const report = await rewrite(args.word('SAVEPOINT'), {
      ...settings,
      renameUid: pairs(args, 'rename-uid', 'OLD=NEW'),
      renameState: pairs(args, 'rename-state', 'UID/OLD=NEW'),
      drop: args.list('drop'),
      retype: await types(args),
      ...(where !== null && { where }),
      ...(keyPrefix !== null && { keyPrefix }),
      ...(of.length > 0 && { of }),
      ...(keyGroups !== undefined && { keyGroups }),
      ...(await functions(args)),
    })
    await printReport(session, report)
  },
}

async function functions(args: Arguments): Promise<object> {
  const [map, rekey] = [args.text('map'), args.text('rekey')]
  if (map === null && rekey === null) return {}
  const { functionFrom, optionalFunctionFrom } = await import('../../repair/transform.ts')
  const merge = rekey === null ? null : await optionalFunctionFrom(rekey, 'merge')
  return {
    ...(map !== null && { map: await functionFrom(map, 'map') }),
    ...(rekey !== null && { rekey: await functionFrom(rekey, 'rekey') }),
    ...(merge !== null && { merge }),
  }
}

async function types(args: Arguments): Promise<Readonly<Record<string, TypeSpec>>> {
  const given = Object.entries(pairs(args, 'retype', 'UID/STATE=TYPE'))
  if (given.length === 0) return {}
  const { typeShape } = await import('../../savepoint/type-shape.ts')
  return Object.fromEntries(
    given.map(([path, text]) => {
      try {
        return [path, typeShape(text.startsWith('{') ? JSON.parse(text) : { kind: text }, 'type')]
      } catch {
        throw args.wrong(
          `--retype ${path}`,
          'a type, such as float64 or {"kind":"timestamp","unit":"us"}',
          text,
        )
      }
    }),
  )
}
