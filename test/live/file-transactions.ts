/**
 * A place with transactions made of files: one folder, one total order of numbered entries, each created exclusively. What an
 * entry does is decided by those before it: data and commits of an owner count only while nobody initialised its name again.
 *
 *   init    {id}                   fences all former ones of that id; what they have open is aborted
 *   data    {id, init, topic, values}
 *   commit  {id, init, pointer}    the decision: data since the last decision and the pointer become visible together
 */
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { conflict, hasErrno } from '../../src/errors.ts'
import type { OutMessage } from '../../src/record/out-message.ts'
import type { AnyRecord } from '../../src/record/record.ts'
import type { Sink } from '../../src/sink/sink.ts'
import type {
  CommitPointer,
  OpenTransactions,
  TransactionDeclaration,
  TransactionOwner,
  TransactionPlace,
  TransactionSystem,
} from '../../src/sink/transaction.ts'

type Entry =
  | { readonly kind: 'init'; readonly id: string }
  | {
      readonly kind: 'data'
      readonly id: string
      readonly init: number
      readonly topic: string
      readonly values: readonly string[]
    }
  | { readonly kind: 'commit'; readonly id: string; readonly init: number; readonly pointer: CommitPointer }

/** Where a run may be stopped; between `decide` and `decided` the commit entry is made. */
export type TransactionStep =
  'settle' | 'settled' | 'open' | 'opened' | 'send' | 'sent' | 'commit' | 'decide' | 'decided'

/** Told of each step before it goes on; may wait, or throw. */
export type AtStep = (step: TransactionStep) => Promise<void>

/** The place in that folder, which may be a part of a cluster that others share. */
export function fileTransactions(
  folder: string,
  { at = async () => undefined, ...place }: Partial<TransactionPlace> & { readonly at?: AtStep } = {},
): TransactionDeclaration {
  const found = { cluster: folder, topic: 'pointers', topicId: 'first', ...place }
  return {
    address: `files:${folder}`,
    pointers: found.topic,
    connect: () => new FileSystemOfTransactions(folder, found, at),
  }
}

/** Writes its records to a topic by transactions. */
export function transactionalSink(transactions: TransactionDeclaration, topic: string = 'out'): Sink {
  return {
    name: `files:${topic}`,
    guarantee: 'exactly-once',
    transactions,
    open: async (_state, _fields, run) => ({
      write: records => run!.transactions!.send(topic, records.map(messageOf)),
      prepare: async () => null,
      committed: async () => undefined,
      close: async () => undefined,
    }),
  }
}

function messageOf(record: AnyRecord): OutMessage {
  return { partition: 0, key: null, value: Buffer.from(JSON.stringify(record)), timestamp: null }
}

/** What a reader of committed messages sees, in the order of commits. */
export async function committedIn(folder: string, topic: string = 'out'): Promise<readonly string[]> {
  const log = new EntryLog(folder)
  await log.readOn()
  return log.transactions().flatMap(({ data }) => data.filter(each => each.topic === topic).flatMap(each => each.values)) // prettier-ignore
}

class EntryLog {
  readonly #folder: string
  readonly entries: Entry[] = []

  constructor(folder: string) {
    this.#folder = folder
  }

  async readOn(): Promise<void> {
    for (;;) {
      const text = await readFile(this.#path(this.entries.length), 'utf8').catch((error: unknown) => {
        if (hasErrno(error, 'ENOENT')) return null
        throw error
      })
      if (text === null) return
      this.entries.push(JSON.parse(text) as Entry)
    }
  }

  /** Appends it; its number. */
  async append(entry: Entry): Promise<number> {
    await mkdir(this.#folder, { recursive: true })
    const temporary = join(this.#folder, `.${systemClock.randomId()}`)
    await writeFile(temporary, JSON.stringify(entry))
    try {
      for (;;) {
        await this.readOn()
        try {
          await link(temporary, this.#path(this.entries.length))
          this.entries.push(entry)
          return this.entries.length - 1
        } catch (error) {
          if (!hasErrno(error, 'EEXIST')) throw error
        }
      }
    } finally {
      await rm(temporary)
    }
  }

  /** Whether the entry counted when it was made. */
  isFenced(number: number): boolean {
    const entry = this.entries[number]!
    if (entry.kind === 'init') return false
    return this.entries
      .slice(entry.init + 1, number)
      .some(({ kind, id }) => kind === 'init' && id === entry.id)
  }

  /** The committed ones, in their order. */
  transactions(): readonly {
    readonly commit: Entry & { kind: 'commit' }
    readonly data: readonly (Entry & { kind: 'data' })[]
  }[] {
    const open = new Map<string, (Entry & { kind: 'data' })[]>()
    const committed: { commit: Entry & { kind: 'commit' }; data: (Entry & { kind: 'data' })[] }[] = []
    for (const [number, entry] of this.entries.entries()) {
      if (this.isFenced(number)) continue
      if (entry.kind === 'data') open.set(entry.id, [...(open.get(entry.id) ?? []), entry])
      else {
        if (entry.kind === 'commit') committed.push({ commit: entry, data: open.get(entry.id) ?? [] })
        open.delete(entry.id)
      }
    }
    return committed
  }

  #path(number: number): string {
    return join(this.#folder, String(number).padStart(8, '0'))
  }
}

class FileSystemOfTransactions implements TransactionSystem {
  readonly #log: EntryLog
  readonly #place: TransactionPlace
  readonly #at: AtStep

  constructor(folder: string, place: TransactionPlace, at: AtStep) {
    this.#log = new EntryLog(folder)
    this.#place = place
    this.#at = at
  }

  async cluster(): Promise<string> {
    return this.#place.cluster
  }

  async identify(): Promise<TransactionPlace> {
    return this.#place
  }

  async settle(owner: TransactionOwner): Promise<CommitPointer | null> {
    await this.#at('settle')
    await this.#log.append({ kind: 'init', id: idOf(owner) })
    const committed = this.#log.transactions().map(({ commit }) => commit)
    await this.#at('settled')
    return committed.findLast(({ id }) => id === idOf(owner))?.pointer ?? null
  }

  async open(owner: TransactionOwner): Promise<OpenTransactions> {
    await this.#at('open')
    const id = idOf(owner)
    const init = await this.#log.append({ kind: 'init', id })
    await this.#at('opened')
    return this.#opened(id, init)
  }

  async close(): Promise<void> {
    // files are closed after every call
  }

  #opened(id: string, init: number): OpenTransactions {
    const add = async (entry: Entry): Promise<void> => {
      const number = await this.#log.append(entry)
      if (!this.#log.isFenced(number)) return
      throw conflict({ code: 'lost-ownership', thing: id, found: 'another owner' })
    }
    return {
      partitionCount: async () => 1,
      send: async (topic, messages) => {
        await this.#at('send')
        const values = messages.map(({ value }) => Buffer.from(value!).toString())
        await add({ kind: 'data', id, init, topic, values })
        await this.#at('sent')
      },
      commit: async pointer => {
        await this.#at('commit')
        await this.#at('decide')
        await add({ kind: 'commit', id, init, pointer })
        await this.#at('decided')
      },
      isNewest: async () => {
        await this.#log.readOn()
        return !this.#log.entries.slice(init + 1).some(each => each.kind === 'init' && each.id === id)
      },
      close: async () => undefined, // who initialises next aborts
    }
  }
}

function idOf({ lineage, chain }: TransactionOwner): string {
  return `headwater-${lineage}-${chain}`
}
