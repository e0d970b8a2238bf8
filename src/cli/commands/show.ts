/** `headwater show`: what is in a savepoint. */
import type { Savepoint } from '../../savepoint/savepoint.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../cli.ts'
import { readingProgress } from '../row-progress.ts'
import { readerOf, savepointArgument, shownLines } from '../savepoint-output.ts'
import type { Session } from '../session.ts'

export const showCommand: Command = {
  name: 'show',
  summary: 'Show what is in a savepoint: where it stands, its states, their biggest keys',
  about:
    'Reads the manifest and, for what is said of keys, all entries; of a damaged savepoint it shows what can be read. Runs no ' +
    'code of the job.',
  positionals: [savepointArgument],
  options: {
    operator: { value: 'UID', text: 'the states of this operator alone' },
    positions: { text: 'where history ended, where live reading began and how far it is, alone' },
    lineage: { text: 'what it descends from, and the repairs on the way, alone' },
    manifest: { text: 'what the manifest says alone: no entry is read' },
  },
  examples: [
    ['show savepoints/november', 'a savepoint'],
    ['show checkpoints --positions', 'how far a run is, and how history and log join'],
    ['show checkpoints/manifests/00000003.json', 'an older checkpoint'],
  ],
  run: async (args, session) => {
    const { readPinned } = await import('../../savepoint/pinned.ts')
    await readPinned(args.word('SAVEPOINT'), async savepoint => {
      if (args.flag('positions')) return showPositions(session, savepoint)
      if (args.flag('lineage')) return showLineage(session, savepoint)
      return showAll(args, session, savepoint)
    })
  },
}

async function showAll(args: Arguments, session: Session, savepoint: Savepoint): Promise<void> {
  const { manifest } = savepoint
  const operator = args.text('operator') ?? undefined
  const operators = manifest.operators.filter(({ uid }) => operator === undefined || uid === operator)
  if (operator !== undefined && operators.length === 0) {
    const uids = manifest.operators.map(({ uid }) => uid)
    throw args.wrong('--operator', `one of ${uids.join(', ')}`, operator)
  }
  const { show } = await import('../../savepoint/show.ts')
  const onRead = readingProgress(session, 'show', [savepoint], { uid: operator })
  const entries = !args.flag('manifest')
  const { proof, contents, unreadable } = await show(savepoint, { operator, entries, onRead })
  session.progress.end()
  const { contentsJson, keysLines, statesLines } = await import('../contents-text.ts')
  if (session.json) {
    const read = entries ? { contents: contents.map(contentsJson), unreadable } : {}
    return session.out.json(operator === undefined ? { ...savepoint, proof, ...read } : read)
  }
  if (operator === undefined)
    return session.out.lines(await shownLines(session, savepoint, contents, unreadable))
  await session.out.lines([
    ...statesLines({ ...manifest, operators }, contents),
    ...unreadable.map(error => `  not readable: ${error.message}`),
    ...keysLines(contents),
  ])
}

async function showPositions(session: Session, savepoint: Savepoint): Promise<void> {
  const { sources, clocks } = savepoint.manifest
  const [{ handoffProof }, { positionLines }] = await Promise.all([
    import('../../savepoint/proof.ts'),
    import('../savepoint-text.ts'),
  ])
  if (session.json) return session.out.json({ sources, clocks, proof: handoffProof(savepoint.manifest) })
  await session.out.lines(positionLines(savepoint, await readerOf(session)))
}

async function showLineage(session: Session, savepoint: Savepoint): Promise<void> {
  const { lineage } = await import('../../savepoint/lineage.ts')
  const steps = await lineage(savepoint)
  if (session.json) {
    for (const step of steps) await session.out.json(step)
    return
  }
  const { lineageLines } = await import('../lineage-text.ts')
  await session.out.lines(lineageLines(steps, savepoint.manifest.audit ?? []))
}
