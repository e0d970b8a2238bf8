/**
 * Places that have transactions, which then are the commit point of a checkpoint: what a run puts out and the *pointer* to
 * its prepared manifest become visible together, or not at all. Architecture and protocol: ../live/TRANSACTIONS.md.
 *
 * Who holds what: the place keeps, for each chain of checkpoints of each lineage, its last committed pointer. A chain has at
 * most one owner that can commit; who opens or settles it takes it from the former one.
 */
import type { Clock } from '../clock.ts'
import type { OutMessage } from '../record/out-message.ts'

/** What a chain committed last: which prepared manifest is, or is to be, its manifest of that number. */
export interface CommitPointer {
  /** `main`, or that of a task. */
  readonly chain: string
  /** Of the manifest; greater than that of every pointer before it. */
  readonly number: number
  /** Name of the file with the prepared manifest, without a folder. */
  readonly manifest: string
  /** sha-256 of that file, hexadecimal. */
  readonly digest: string
  /** 32 hexadecimal digits: who wrote it. */
  readonly attempt: string
}

/** Whose transactions they are. */
export interface TransactionOwner {
  /** 32 hexadecimal digits, one a line of runs that continue each other. */
  readonly lineage: string
  readonly chain: string
}

/** Which place it is, for ever: a manifest stores it, and a place that says something else is another one. */
export interface TransactionPlace {
  /** Id of the cluster. */
  readonly cluster: string
  /** Name of the topic with the pointers. */
  readonly topic: string
  /** Id of that topic: one that was deleted and made again has another, and has lost the pointers. */
  readonly topicId: string
}

/** What a connection to a place works with. */
export interface TransactionParts {
  readonly clock: Clock
  /** Ends every wait, by an error `unavailable` `stopped`. */
  readonly signal?: AbortSignal
  /** Told what goes wrong and is tried again, and what is waited for. */
  readonly onWarning?: (text: string) => void
  /** The job's name; it is written into pointers, for people. */
  readonly job?: string
}

/** What a sink needs that writes by transactions: all such sinks of a run share one system, one producer, one transaction. */
export interface TransactionDeclaration {
  /** The place as it is written, for messages: `kafka://host:port`. */
  readonly address: string
  /** Name of its topic of pointers. */
  readonly pointers: string
  /** Longer than so many milliseconds no transaction may take: it is aborted then. Absent: as long as it takes. */
  readonly timeoutMs?: number
  /** Makes ready to connect; nothing is touched before the first call of the system. */
  connect(parts: TransactionParts): TransactionSystem
}

/** One place that has transactions. */
export interface TransactionSystem {
  /** Connects and says which cluster it is; makes nothing. Errors: `unavailable`; `invalid` `not-authorised`. */
  cluster(): Promise<string>
  /**
   * Connects and says who it is; makes the topic of pointers where it is missing. Errors: `unavailable`; `invalid`
   * `not-authorised`, `pointers-missing` (none, and it can't be made), `pointers-unfit` (not compacted, or of several partitions).
   */
  identify(): Promise<TransactionPlace>
  /**
   * Ends what a former owner of the chain left open (a commit that was decided is completed, anything else aborted), fences
   * that owner, and says what the chain committed last: null where it never did. May be called again.
   * Errors: `unavailable`; `invalid` `not-authorised`; `data` `bad-pointer`.
   */
  settle(owner: TransactionOwner): Promise<CommitPointer | null>
  /** A producer for the chain; fences everybody else, a producer of this system for the same chain too. Errors: those of `settle`. */
  open(owner: TransactionOwner): Promise<OpenTransactions>
  /** Closes producers that are still open, too. */
  close(): Promise<void>
}

/** The producer of a chain: one transaction after another. After an error of `send` or `commit` only `close` may be called. */
export interface OpenTransactions {
  /** How many partitions a topic has. Errors: `unavailable`; `invalid` `no-such-topic`, `not-authorised`. */
  partitionCount(topic: string): Promise<number>
  /**
   * Takes messages, in order within their partition; begins a transaction where none is open. Resolves when more may be given
   * (back-pressure). Errors, of this or a former call: `conflict` `lost-ownership`; `unavailable` `transaction-aborted` (it took
   * longer than its time limit), and others of that kind; `invalid` `not-authorised`, `no-such-topic`, `message-too-large`.
   */
  send(topic: string, messages: readonly OutMessage[]): Promise<void>
  /**
   * Sends what waits, then the pointer, and commits; a transaction is begun for the pointer alone where nothing was sent.
   * Resolves only when it is certain that it is committed. Errors: `conflict` `lost-ownership` (somebody else took the chain;
   * `settle` would say whether it was committed before that), `unavailable` `transaction-aborted` (certain that it is not
   * committed), `unavailable` `transaction-in-doubt` (whoever settles the chain will know); those of `send`, all of which mean
   * that it is not committed.
   */
  commit(pointer: CommitPointer): Promise<void>
  /** Whether nobody has taken the chain since this was opened: then it has fenced all who had opened it before. Errors: `unavailable`. */
  isNewest(): Promise<boolean>
  /** Aborts what is open, as far as it can. */
  close(): Promise<void>
}
