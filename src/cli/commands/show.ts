/** `headwater show`: what is in a savepoint. */
import { HeadwaterError } from '../../errors.ts'
import type { StateContents } from '../../savepoint/contents.ts'
import type { Savepoint } from '../../savepoint/savepoint.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../cli.ts'
import { savepointArgument } from '../savepoint-output.ts'
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
    positions: { text: 'sources, partitions and positions alone' },
    lineage: { text: 'what it descends from, and the repairs on the way' },
    manifest: { text: 'what the manifest says alone: no entry is read' },
  },
  examples: [
    ['show savepoints/november', 'a savepoint'],
    ['show checkpoints --positions', 'how far a run is'],
    ['show checkpoints/manifests/00000003.json', 'an older checkpoint'],
  ],
  run: async (args, session) => {
    const { readPinned } = await import('../../savepoint/pinned.ts')
    await readPinned(args.word('SAVEPOINT'), async savepoint => {
      if (args.flag('positions')) return showPositions(session, savepoint)
      if (args.flag('lineage')) return showLineage(session, savepoint)
      const operator = args.text('operator')
      if (operator !== null) checkOperator(args, savepoint, operator)
      const contents = args.flag('manifest') ? null : await contentsOf(savepoint, operator)
      return print(session, savepoint, operator, contents)
    })
  },
}

/** Of each state its numbers, or why there are none. */
type Contents = readonly (StateContents | HeadwaterError)[]

async function contentsOf(savepoint: Savepoint, operator: string | null): Promise<Contents> {
  const { stateContents } = await import('../../savepoint/contents.ts')
  const all: (StateContents | HeadwaterError)[] = []
  for (const { uid, states } of savepoint.manifest.operators) {
    if (operator !== null && uid !== operator) continue
    for (const { name } of states)
      all.push(
        await stateContents(savepoint, uid, name).catch((error: unknown) => {
          if (error instanceof HeadwaterError) return error
          throw error
        }),
      )
  }
  return all
}

async function print(
  session: Session,
  savepoint: Savepoint,
  operator: string | null,
  contents: Contents | null,
): Promise<void> {
  const { contentsJson, contentsLines } = await import('../contents-text.ts')
  const known = contents?.filter((each): each is StateContents => !(each instanceof HeadwaterError)) ?? []
  const unknown = contents?.filter(each => each instanceof HeadwaterError) ?? []
  if (session.json) {
    const more = contents === null ? {} : { contents: known.map(contentsJson), unreadable: unknown }
    return session.out.line(JSON.stringify(operator === null ? { ...savepoint, ...more } : more))
  }
  const { savepointLines } = await import('../savepoint-text.ts')
  if (operator === null) await session.out.lines(savepointLines(savepoint))
  if (known.length > 0) await session.out.lines([...(operator === null ? [''] : []), ...contentsLines(known)])
  for (const error of unknown) await session.out.lines(['', `not readable: ${error.message}`])
}

async function showPositions(session: Session, savepoint: Savepoint): Promise<void> {
  const { sources, clocks } = savepoint.manifest
  if (session.json) return session.out.json({ sources, clocks })
  const { positionLines } = await import('../savepoint-text.ts')
  await session.out.lines(positionLines(savepoint))
}

async function showLineage(session: Session, savepoint: Savepoint): Promise<void> {
  const { lineage } = await import('../../savepoint/lineage.ts')
  const steps = await lineage(savepoint)
  if (session.json) {
    for (const step of steps) await session.out.json(step)
    return
  }
  const [{ timestampText }, { table }] = await Promise.all([
    import('../../codec/iso-time.ts'),
    import('../table.ts'),
  ])
  const rows = steps.map(({ path, status, kind, createdMs, repair, manifestDigest }) => [
    path,
    kind ?? status,
    createdMs === null ? null : timestampText(createdMs, 'ms'),
    repair === null ? null : repair.command,
    manifestDigest.slice(0, 12),
  ])
  await session.out.lines(table(['savepoint', 'kind', 'created', 'made by', 'manifest'], rows))
}

function checkOperator(args: Arguments, { manifest }: Savepoint, operator: string): void {
  const uids = manifest.operators.map(({ uid }) => uid)
  if (!uids.includes(operator)) throw args.wrong('--operator', `one of ${uids.join(', ')}`, operator)
}
