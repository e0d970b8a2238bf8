// Wrong command lines end with 2 and say what is wrong; help says what is right.
import { expect } from 'chai'
import { sharedFolder } from '../temp-folder.ts'
import { headwater, succeeds } from './headwater.ts'
import { refuses } from './refusal.ts'
import { file, retailJob } from './sample.ts'

describe('command line: usage', () => {
  const folder = sharedFolder()

  const wrong: readonly (readonly [what: string, args: readonly string[], place: string | RegExp])[] = [
    ['no command', [], 'a command is missing'],
    ['an unknown command', ['frobnicate'], 'frobnicate'],
    ['a misspelt command', ['bootstrp', 'job.ts'], 'did you mean bootstrap'],
    ['half a command', ['log'], /append, read, trim, show/],
    ['a missing argument', ['show'], 'SAVEPOINT'],
    ['an argument too many', ['show', 'a', 'b'], `'b'`],
    ['an unknown option', ['show', 'a', '--depth', '3'], 'unknown option --depth; see headwater show --help'],
    [
      'one of a command of two words',
      ['log', 'read', 'file:l', '-x'],
      'option -x; see headwater log read --help',
    ],
    ['an option without its value', ['plan', retailJob, '--from'], 'from'],
    ['a missing option', ['bootstrap', retailJob, '--history', 'x'], '--into'],
    ['an option twice', ['bootstrap', retailJob, '--history', 'x', '--into', 'a', '--into', 'b'], '--into'],
    ['an empty value', ['bootstrap', retailJob, '--history', '', '--into', 'a'], '--history'],
    [
      'another source',
      ['bootstrap', retailJob, '--history', 'sales=x', '--into', 'a'],
      /sales.*purchases|purchases.*sales/,
    ],
    [
      'an unknown order',
      ['bootstrap', retailJob, '--history', 'x', '--into', 'a', '--order', 'random'],
      '--order',
    ],
    [
      'a cut that is none',
      ['bootstrap', retailJob, '--history', 'x', '--into', 'a', '--cut', 'nowhere.json'],
      'nowhere.json',
    ],
    [
      'a state for no sink of the job',
      [
        'run',
        retailJob,
        '--log',
        'file:l',
        '--sink',
        'stdout',
        '--checkpoints',
        'c',
        '--emit-state',
        'x=a/b',
      ],
      /--emit-state.*totals/,
    ],
    ['a missing sink', ['run', retailJob, '--log', 'file:log', '--checkpoints', 'c'], /--sink.*totals/],
    [
      'two logs of a source',
      ['plan', retailJob, '--from', 's', '--log', 'file:a', '--log', 'file:b'],
      'file:b',
    ],
    [
      'a duration that is none',
      ['run', retailJob, '--log', 'file:l', '--checkpoints', 'c', '--checkpoint-every', '10'],
      '--checkpoint-every',
    ],
    [
      'a state that is none',
      ['plan', retailJob, '--from', 's', '--log', 'file:l', '--drop', 'total'],
      '--drop',
    ],
    [
      'new partitions from elsewhere',
      ['plan', retailJob, '--from', 's', '--log', 'file:l', '--new-partitions', 'latest'],
      'earliest',
    ],
    ['a bound that is none', ['log', 'trim', 'file:log', '--before', 'yesterday'], 'yesterday'],
    ['a number that is none', ['log', 'read', 'file:log', '--limit', 'ten'], '--limit'],
    ['a source without its job', ['log', 'append', 'file:log', '--source', 'purchases'], '--source'],
  ]

  for (const [what, args, place] of wrong) {
    it(`refuses ${what}`, async () => {
      await refuses(args, { error: 'invalid usage', place, exitCode: 2 }, { cwd: folder() })
    })
  }

  it('says it in one line for people', async () => {
    const { code, stdout, stderr } = await headwater(['show'], { cwd: folder() })
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
    expect(stderr).to.match(/^invalid usage: SAVEPOINT: .*; see headwater show --help\n$/)
  })

  it('helps: all commands, and each with its options and an example', async () => {
    const all = await succeeds(['--help'])
    const names = ['bootstrap', 'plan', 'run', 'show', 'get', 'scan', 'verify', 'digest', 'archive', 'log']
    for (const name of names) expect(all).to.match(new RegExp(`headwater ${name} `))
    for (const name of [...names.slice(0, -1), 'log append', 'log read', 'log trim', 'log show']) {
      const help = await succeeds([...name.split(' '), '--help'])
      expect(help.startsWith(`headwater ${name}`), name).to.be.true
      expect(help)
        .to.include('--json')
        .and.to.match(new RegExp(`Examples:\\n  # .*\\n  headwater ${name} `))
    }
  })

  it('tells its version', async () => {
    expect(await succeeds(['--version'])).to.match(/^\d+\.\d+\.\d+\n$/)
  })

  it('takes a key that begins with a dash', async () => {
    file(folder(), 'sp/manifest.json', '{}')
    const { stderr } = await headwater(['get', 'sp', '--', '--trace'], { cwd: folder() })
    expect(stderr).to.match(/^data corrupt-manifest: .*manifest\.json.*\n$/)
  })
})
