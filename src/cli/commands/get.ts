/** `headwater get`: what one key has. */
import { invalid } from '../../errors.ts'
import type { KeyContents } from '../../savepoint/get.ts'
import type { Command } from '../cli.ts'
import { savepointArgument } from '../savepoint-output.ts'

export const getCommand: Command = {
  name: 'get',
  summary: 'Print what one key has, in all operators and states of a savepoint',
  about: 'Reads the blocks that may hold the key, and no others. Exit code 1 when the key is not there.',
  positionals: [
    savepointArgument,
    {
      name: 'KEY',
      text: 'as it is where it has one field; a JSON array where it has several; after -- if it begins with -',
    },
  ],
  options: {},
  examples: [
    ['get savepoints/november 17850', 'a key of one field'],
    [`get savepoints/november '["london",3]'`, 'a key of two'],
  ],
  run: async (args, session) => {
    const [{ getKey }, { keyFromText }, { keyJson, keyLines, keyShown }] = await Promise.all([
      import('../../savepoint/get.ts'),
      import('../key-text.ts'),
      import('../key-contents.ts'),
    ])
    const text = args.word('KEY')
    const path = args.word('SAVEPOINT')
    const contents = await getKey(path, schema => keyFromText(schema, text))
    if (!contents.found) throw noSuchKey(path, text, contents, keyShown)
    if (session.json) for (const entry of keyJson(contents)) await session.out.line(entry)
    else await session.out.lines(keyLines(contents))
  },
}

function noSuchKey(
  path: string,
  text: string,
  { near }: KeyContents,
  shown: (key: KeyContents['near'][number]) => string,
): Error {
  const remedy = near.length === 0 ? 'check the key' : `did you mean ${near.map(shown).join(' or ')}?`
  return invalid({
    code: 'no-such-key',
    thing: path,
    expected: `key '${text}'`,
    found: 'no entry of it',
    remedy,
  })
}
