/**
 * One writer a partition. A writer makes a claim, an empty file whose name says who it is, and then looks at all claims:
 * if another's owner lives, it takes its own back. Of two writers the later one sees the earlier one's claim, so two can
 * never hold the partition; two that come at the same instant may both be refused. Claims of dead owners are removed, so
 * a killed writer holds nothing. Nothing here needs an atomic take-over.
 */
import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { conflict } from '../../errors.ts'
import { ioFault } from './io-fault.ts'
import { isAlive, thisProcess, type ProcessIdentity } from './process-identity.ts'

/** Behind the prefix. */
const claimPattern = /^\.([^.]+)\.(\d+)\.([^.]*)\.[^.]+\.lock$/

/** A held lock. */
export interface WriterLock {
  /** The file that says so. */
  readonly path: string
  release(): Promise<void>
}

/** What is locked, and against whom. */
export interface LockKind {
  /** Of the names of its files, which end in `.lock`. */
  readonly prefix: string
  /** Whether the owner of that file is at work; `own` is the file of who asks. */
  isAtWork(owner: ProcessIdentity, path: string, own: string): Promise<boolean>
  refusal(folder: string, owner: ProcessIdentity): Error
}

const writer: LockKind = {
  prefix: 'writer',
  isAtWork: async owner => isAlive(owner),
  refusal: locked,
}

/** Takes the lock of a partition's folder. Errors: `conflict` `log-locked` when its writer lives; `unavailable` `io`. */
export async function lockPartition(folder: string, clock: Clock): Promise<WriterLock> {
  return lockFolder(folder, writer, clock)
}

/** Takes a folder's lock of that kind. Errors: the kind's refusal when its owner is at work; `unavailable` `io`. */
export async function lockFolder(folder: string, kind: LockKind, clock: Clock): Promise<WriterLock> {
  const name = claimName(kind, thisProcess(), clock.randomId())
  const path = join(folder, name)
  try {
    await (await open(path, 'wx')).close()
    const other = await livingOwner(folder, kind, name)
    if (other === null) return { path, release: () => rm(path, { force: true }) }
    await rm(path, { force: true })
    throw kind.refusal(folder, other)
  } catch (error) {
    throw error instanceof Error && 'errno' in error ? ioFault(error, path) : error
  }
}

/** Who writes a partition now; null when nobody does. */
export async function writerOf(folder: string): Promise<ProcessIdentity | null> {
  return (await claims(folder, writer)).find(claim => isAlive(claim.owner))?.owner ?? null
}

/** The owner of a claim beside `own`; dead owners' claims are removed on the way. */
async function livingOwner(folder: string, kind: LockKind, own: string): Promise<ProcessIdentity | null> {
  for (const { name, owner } of await claims(folder, kind)) {
    if (name === own) continue
    if (await kind.isAtWork(owner, join(folder, name), join(folder, own))) return owner
    await rm(join(folder, name), { force: true })
  }
  return null
}

interface Claim {
  readonly name: string
  readonly owner: ProcessIdentity
}

async function claims(folder: string, { prefix }: LockKind): Promise<Claim[]> {
  return (await readdir(folder)).flatMap(name => {
    if (!name.startsWith(`${prefix}.`)) return []
    const [, host, pid, start] = claimPattern.exec(name.slice(prefix.length)) ?? []
    if (host === undefined || pid === undefined || start === undefined) return []
    return [{ name, owner: { host: decodeURIComponent(host), pid: Number(pid), start } }]
  })
}

function claimName({ prefix }: LockKind, { host, pid, start }: ProcessIdentity, random: string): string {
  return `${prefix}.${encodeURIComponent(host).replaceAll('.', '%2E') || '-'}.${pid}.${start}.${random}.lock`
}

function locked(folder: string, { host, pid }: ProcessIdentity): Error {
  return conflict({
    code: 'log-locked',
    thing: folder,
    expected: 'no other writer',
    found: `process ${pid} on ${host} writes it`,
    remedy: `stop that process; if ${host} is gone for good, remove ${folder}/writer.*.lock`,
  })
}
