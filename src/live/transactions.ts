/**
 * The transactions of one run (TRANSACTIONS.md): all sinks that write by transactions share one place, one producer, and one
 * transaction a checkpoint.
 */
import type { Clock } from '../clock.ts'
import { invalid, unavailable, type HeadwaterError } from '../errors.ts'
import type { ManifestTransactions } from '../savepoint/manifest.ts'
import type { Settler } from '../savepoint/settle.ts'
import { refuseOtherPlace } from '../savepoint/settler.ts'
import type { Sink } from '../sink/sink.ts'
import type { TransactionDeclaration, TransactionPlace, TransactionSystem } from '../sink/transaction.ts'
import type { Beginning } from './beginning.ts'
import type { Closers } from './closers.ts'
import type { RunSettings } from './run-settings.ts'
import type { Warnings } from './warnings.ts'

/** What connecting needs of a run. */
export interface TransactionSettings {
  readonly job: string
  readonly clock: Clock
  readonly signal: AbortSignal | null
  readonly checkpointEveryMs: number
}

interface SinkDeclaration {
  readonly sink: string
  readonly declaration: TransactionDeclaration
}

/** The place that the sinks of a run have in common. Nothing is touched before `begin`. */
export class RunTransactions {
  readonly #declared: readonly SinkDeclaration[]
  readonly #settings: TransactionSettings
  readonly #freshLineage: string
  #warnings: Warnings | null = null
  #system: TransactionSystem | null = null
  #place: Promise<TransactionPlace> | null = null

  constructor(declared: readonly SinkDeclaration[], settings: TransactionSettings) {
    this.#declared = declared
    this.#settings = settings
    this.#freshLineage = settings.clock.randomId()
  }

  get system(): TransactionSystem {
    this.#system ??= this.#connect(this.#declared[0]!)
    return this.#system
  }

  /**
   * The closers take the connection in. Makes nothing anywhere. Errors: `invalid`, codes `two-clusters` and
   * `two-pointer-topics`; those of connecting.
   */
  async begin(closers: Closers): Promise<void> {
    closers.add(async () => this.#system?.close())
    const [first, ...others] = this.#declared
    const seen = new Set([first!.declaration.address])
    for (const other of others) {
      if (other.declaration.pointers !== first!.declaration.pointers) throw twoTopics(first!, other)
      if (seen.has(other.declaration.address)) continue
      seen.add(other.declaration.address)
      await this.#refuseOther(first!, other)
    }
  }

  /** From now on the run is told what is tried again. */
  tell(warnings: Warnings): void {
    this.#warnings = warnings
  }

  /** What its manifests say: `stored`, or a new line of runs. Errors: those of `identify` and `refuseOtherPlace`. */
  async storedAs(stored: ManifestTransactions | undefined, store: string): Promise<ManifestTransactions> {
    this.#place ??= this.system.identify()
    const place = await this.#place
    if (stored === undefined) return { lineage: this.#freshLineage, ...place }
    refuseOtherPlace(store, stored, place)
    return stored
  }

  #connect({ declaration }: SinkDeclaration): TransactionSystem {
    const { clock, signal, job } = this.#settings
    const onWarning = (text: string): void =>
      this.#warnings?.failed('writing', unavailable({ code: 'sink-trouble', thing: text }))
    return declaration.connect({ clock, job, onWarning, ...(signal && { signal }) })
  }

  /** Two addresses may lead to one cluster: it is asked. */
  async #refuseOther(first: SinkDeclaration, other: SinkDeclaration): Promise<void> {
    const cluster = await this.system.cluster()
    const system = this.#connect(other)
    try {
      const found = await system.cluster()
      if (found !== cluster) throw twoClusters(first, cluster, other, found)
    } finally {
      await system.close()
    }
  }
}

/** Those of the sinks that write so; null where none does. Errors: `invalid`, code `checkpoints-too-rare`. */
export function runTransactions(
  sinks: ReadonlyMap<string, Sink>,
  settings: TransactionSettings,
): RunTransactions | null {
  const declared = [...sinks].flatMap(([sink, { transactions }]) =>
    transactions === undefined ? [] : [{ sink, declaration: transactions }],
  )
  const [first] = declared
  if (first === undefined) return null
  // What is put out right behind a checkpoint waits for the next one. All sinks write by the transactions of the first.
  const { timeoutMs = Infinity } = first.declaration
  if (settings.checkpointEveryMs >= timeoutMs) throw tooRare(first, settings.checkpointEveryMs, timeoutMs)
  return new RunTransactions(declared, settings)
}

/**
 * What the manifests of a run that begins so say of its transactions; null where it has none. Errors: `invalid`, code
 * `needs-transactions`, for a run without them on a store with them; those of `storedAs`.
 */
export async function transactionsOf(
  { transactions, checkpoints }: RunSettings,
  { savepoint: { manifest }, continued }: Pick<Beginning, 'savepoint' | 'continued'>,
): Promise<ManifestTransactions | null> {
  const stored = continued ? manifest.transactions : undefined
  if (transactions !== null) return transactions.storedAs(stored, checkpoints)
  if (stored !== undefined) throw needsTransactions(checkpoints, stored)
  return null
}

/** Who settles the chains of what a run goes on from; null where nothing can be left open there. Errors: as above. */
export async function settlerOf(
  settings: RunSettings,
  beginning: Pick<Beginning, 'savepoint' | 'continued'>,
): Promise<Settler> {
  const known = await transactionsOf(settings, beginning)
  const isStored = beginning.continued && beginning.savepoint.manifest.transactions !== undefined
  if (known === null || !isStored) return null
  return { system: settings.transactions!.system, lineage: known.lineage }
}

/** No limit is raised unasked: it is also how long a run that died holds up the readers of its topics. */
function tooRare({ sink, declaration }: SinkDeclaration, everyMs: number, timeoutMs: number): HeadwaterError {
  return invalid({
    code: 'checkpoints-too-rare',
    thing: `sink ${sink} at ${declaration.address}`,
    expected: `a checkpoint more often than every ${timeoutMs} ms, after which its transactions are aborted`,
    found: `one every ${everyMs} ms`,
    remedy:
      'take them more often (--checkpoint-every, checkpointEveryMs), or allow transactions more time (&transaction.timeout.ms=… ' +
      "of the sink's address, transactionTimeoutMs; at most transaction.max.timeout.ms of the brokers, by default 900000)",
  })
}

function needsTransactions(thing: string, { cluster, topic }: ManifestTransactions): HeadwaterError {
  return invalid({
    code: 'needs-transactions',
    thing,
    expected: `an exactly-once sink on cluster ${cluster}, whose topic ${topic} says which of its checkpoints are committed`,
    found: 'no sink with transactions',
    remedy: 'start it with that sink; to go on without, begin with --from in a new folder',
  })
}

function twoClusters(
  first: SinkDeclaration,
  cluster: string,
  other: SinkDeclaration,
  found: string,
): HeadwaterError {
  const address = ({ sink, declaration }: SinkDeclaration): string => `sink ${sink} at ${declaration.address}`
  return invalid({
    code: 'two-clusters',
    thing: address(other),
    expected: `cluster ${cluster}, that of ${address(first)}: one transaction commits all outputs of a checkpoint`,
    found: `cluster ${found}`,
    remedy: 'let one of the two be at-least-once, or divide the job in two',
  })
}

function twoTopics(first: SinkDeclaration, other: SinkDeclaration): HeadwaterError {
  return invalid({
    code: 'two-pointer-topics',
    thing: `sink ${other.sink}`,
    expected: `pointers in ${first.declaration.pointers}, as sink ${first.sink} has them`,
    found: other.declaration.pointers,
    remedy: 'name one topic of pointers for all sinks',
  })
}
