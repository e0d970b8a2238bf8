// Savepoints, logs, checkpoints and sinks that are not what they should be.
import { expect } from 'chai'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { headwater, succeeds } from './headwater.ts'
import { refuses } from './refusal.ts'
import { copySample, file, makeSample, retailJob, treeOf } from './sample.ts'

describe('command line: bad savepoints, logs and sinks', () => {
  const folder = tempFolders()
  const sample = sharedFolder()

  before(() => makeSample(sample()))

  function spoiled(): string {
    const cwd = folder()
    copySample(sample(), cwd)
    return cwd
  }

  const live = [
    '--log',
    'file:log',
    '--sink',
    'ndjson:totals.ndjson',
    '--checkpoints',
    'checkpoints',
    '--until-end',
  ]
  const runFrom = (savepoint: string): string[] => ['run', retailJob, '--from', savepoint, ...live]

  describe('a savepoint', () => {
    it('that is not there', async () => {
      await refuses(
        ['show', 'nowhere'],
        { error: 'invalid no-such-file', place: 'nowhere' },
        { cwd: sample() },
      )
    })

    it('that is none', async () => {
      for (const command of ['show', 'verify', 'digest']) {
        await refuses(
          [command, 'history'],
          { error: 'invalid not-a-savepoint', place: 'history' },
          { cwd: sample() },
        )
      }
    })

    it('with a changed manifest', async () => {
      const cwd = spoiled()
      const path = join(cwd, 'savepoint/manifest.json')
      const text = readFileSync(path, 'utf8')
      const changed = text.replace(/"next": ?\d/, found => `${found.slice(0, -1)}9`)
      expect(changed).to.not.equal(text)
      writeFileSync(path, changed)
      await refuses(
        ['show', 'savepoint'],
        { error: 'data corrupt-manifest', place: 'manifest.json' },
        { cwd },
      )
      await refuses(runFrom('savepoint'), { error: 'data corrupt-manifest', place: 'manifest.json' }, { cwd })
      expect(treeOf(cwd)).to.not.include('checkpoints')
    })

    it('with half a manifest', async () => {
      const cwd = spoiled()
      truncateSync(join(cwd, 'savepoint/manifest.json'), 500)
      await refuses(
        ['show', 'savepoint'],
        { error: 'data corrupt-manifest', place: 'manifest.json' },
        { cwd },
      )
    })

    it('with a flipped bit in a segment', async () => {
      const cwd = spoiled()
      const segment = spoilSegment(join(cwd, 'savepoint'))
      const damage = { error: 'data corrupt-segment', place: segment }
      await refuses(['scan', 'savepoint', 'spend-per-customer', 'total'], damage, { cwd })
      await refuses(['get', 'savepoint', 'ann'], damage, { cwd })
      const { code, stdout } = await headwater(['verify', 'savepoint'], { cwd })
      expect(code).to.equal(1)
      expect(stdout).to.include('DAMAGED').and.to.include(segment)
    })

    it('without a segment', async () => {
      const cwd = spoiled()
      rmSync(join(cwd, 'savepoint/segments'), { recursive: true })
      mkdirSync(join(cwd, 'savepoint/segments'))
      const args = ['scan', 'savepoint', 'spend-per-customer', 'total']
      await refuses(args, { error: 'data missing-segment', place: 'segments' }, { cwd })
    })

    it('asked for a state, a key, or a form of key that it has not', async () => {
      const cwd = sample()
      await refuses(
        ['scan', 'savepoint', 'spend', 'total'],
        { error: 'invalid unknown-state', place: 'spend/total' },
        { cwd },
      )
      await refuses(['get', 'savepoint', 'an'], { error: 'invalid no-such-key', place: `'an'` }, { cwd })
    })

    it('that would be written where something is', async () => {
      const cwd = spoiled()
      const again = (into: string): string[] => [
        'bootstrap',
        retailJob,
        '--history',
        'history',
        '--into',
        into,
      ]
      const before = treeOf(cwd)
      await refuses(again('savepoint'), { error: 'conflict savepoint-exists', place: 'savepoint' }, { cwd })
      await refuses(again('history'), { error: 'invalid foreign-folder', place: 'history' }, { cwd })
      await refuses(again('log/log.json'), { error: 'invalid wrong-path', place: 'log.json' }, { cwd })
      expect(treeOf(cwd)).to.deep.equal(before)
    })

    it('that would be written where nobody may write', async function () {
      if (process.platform !== 'linux') return this.skip()
      const into = '/sys/headwater'
      const args = ['bootstrap', retailJob, '--history', 'history', '--into', into]
      await refuses(args, { error: 'unavailable no-access', place: into }, { cwd: sample() })
    })
  })

  describe('a log', () => {
    const plan = (log: string): string[] => ['plan', retailJob, '--from', 'savepoint', '--log', log]

    it('that is not there, or of no known kind', async () => {
      const cwd = sample()
      await refuses(plan('file:nowhere'), { error: 'invalid no-such-log', place: /file:.*nowhere/ }, { cwd })
      await refuses(plan('log'), { error: 'invalid unknown-log-scheme', place: `'log'` }, { cwd })
      await refuses(plan('nats:log'), { error: 'invalid unknown-log-scheme', place: 'nats:' }, { cwd })
      await refuses(plan('kafka:log'), { error: 'invalid bad-log-address', place: 'kafka://' }, { cwd })
    })

    it('that was trimmed past the cut', async () => {
      const cwd = spoiled()
      await succeeds(['log', 'append', 'file:log', '--roll'], { cwd })
      await succeeds(['log', 'trim', 'file:log', '--before', '2030-01-01'], { cwd })
      const { code, stdout, stderr } = await headwater(plan('file:log'), { cwd })
      expect(code).to.equal(1)
      expect(stdout).to.match(/gap.*source purchases partition \d.*are missing/)
      expect(stderr.trimEnd().split('\n')).to.have.length(1)
      await refuses(runFrom('savepoint'), { error: 'invalid handoff-refused', place: 'gap' }, { cwd })
      expect(treeOf(cwd)).to.not.include('checkpoints')
      expect(treeOf(cwd)).to.not.include('totals.ndjson')
    })

    it('with a line that is no record', async () => {
      const cwd = spoiled()
      const [segment] = readdirSync(join(cwd, 'log/p0'))
        .filter(name => name.endsWith('.ndjson'))
        .slice(-1)
      appendFileSync(join(cwd, 'log/p0', segment!), 'not a record\n')
      await refuses(runFrom('savepoint'), { error: 'data bad-record', place: segment! }, { cwd })
    })

    it('fed with a line that is no JSON', async () => {
      const cwd = spoiled()
      const args = ['log', 'append', 'file:log']
      await refuses(
        args,
        { error: 'data bad-json-line', place: 'line 2' },
        { cwd, stdin: ['{"customer":"ann"}\n{\n'] },
      )
    })
  })

  describe('a run', () => {
    it('that has nothing to go on from', async () => {
      const args = ['run', retailJob, ...live]
      await refuses(args, { error: 'invalid nothing-to-continue', place: 'checkpoints' }, { cwd: sample() })
    })

    it('from another savepoint than its checkpoints came from', async () => {
      const cwd = spoiled()
      await succeeds(runFrom('savepoint'), { cwd })
      cpSync(join(cwd, 'savepoint'), join(cwd, 'renamed'), { recursive: true })
      await succeeds(['bootstrap', retailJob, '--history', 'history', '--into', 'other'], { cwd })
      await succeeds(runFrom('renamed'), { cwd }) // the same savepoint under another name is the same
      await refuses(runFrom('other'), { error: 'conflict other-checkpoints', place: 'checkpoints' }, { cwd })
    })

    it('with a sink that is none, has no folder, or holds what nobody recorded', async () => {
      const cwd = spoiled()
      const to = (sink: string): string[] =>
        runFrom('savepoint').map(arg => (arg === 'ndjson:totals.ndjson' ? sink : arg))
      await refuses(to('csv:totals'), { error: 'invalid unknown-sink-scheme', place: 'csv:totals' }, { cwd })
      await refuses(to('ndjson:no/totals'), { error: 'invalid bad-sink-file', place: 'no/totals' }, { cwd })
      file(cwd, 'full.ndjson', '{"of":"another"}\n')
      await refuses(
        to('ndjson:full.ndjson'),
        { error: 'conflict sink-not-empty', place: 'full.ndjson' },
        { cwd },
      )
      expect(readFileSync(join(cwd, 'full.ndjson'), 'utf8')).to.equal('{"of":"another"}\n')
    })

    it('whose operator throws: it names operator, key and position, and the last checkpoint is whole', async () => {
      const cwd = spoiled()
      const throwing = readFileSync(retailJob, 'utf8').replace(
        'total.set(',
        `if (purchase.price === 60) throw new Error('sixty'); total.set(`,
      )
      file(cwd, 'throwing.ts', throwing)
      const args = ['run', 'throwing.ts', '--from', 'savepoint', ...live]
      const place = /spend-per-customer.*"ann".*purchases partition \d offset \d+.*sixty/
      await refuses(args, { error: 'invalid operator-failed', place }, { cwd })
      await succeeds(['verify', 'checkpoints'], { cwd })
      await succeeds(runFrom('savepoint'), { cwd }) // with the operator mended it goes on
    })
  })
})

/** Flips a bit in the middle of the only segment; returns its name. */
function spoilSegment(savepoint: string): string {
  const [name] = readdirSync(join(savepoint, 'segments')).filter(each => each.endsWith('.arrow'))
  const path = join(savepoint, 'segments', name!)
  const bytes = readFileSync(path)
  const at = bytes.indexOf('ann')
  bytes[at] = bytes[at]! ^ 1
  writeFileSync(path, bytes)
  return name!
}
