/** The tables that a bounded run writes: a base segment and a running hash for each state of each operator. */
import { stateSchemas } from '../job/graph-data.ts'
import type { Stage } from '../job/graph.ts'
import { stateHasher, type StateHasher, type TableDigest } from '../savepoint/digest.ts'
import type { ManifestOperator, SegmentInfo } from '../savepoint/manifest.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { openSegment, type SegmentWriter } from '../savepoint/segment-writer.ts'
import type { WriteFolder } from '../savepoint/write-folder.ts'

interface OpenTable {
  readonly table: StateTable
  readonly hasher: StateHasher
  writer: SegmentWriter | null
}

/** What became of a stage's tables. */
export interface FinishedTables {
  readonly operators: readonly ManifestOperator[]
  readonly digests: readonly TableDigest[]
}

/** All tables of one stage, open for writing. */
export class StageTables {
  readonly #folder: WriteFolder
  readonly #stage: Stage
  readonly #tables = new Map<string, OpenTable>()

  constructor(folder: WriteFolder, stage: Stage) {
    this.#folder = folder
    this.#stage = stage
    for (const { uid, state } of stage.operators) {
      for (const schema of stateSchemas(state)) {
        const table = { uid, state: schema, key: stage.key }
        this.#tables.set(nameOf(uid, schema.name), { table, hasher: stateHasher(table), writer: null })
      }
    }
  }

  /** Takes sorted entries; a state without any entry gets no file. */
  add(uid: string, state: string, rows: EntryRows): void {
    const open = this.#tables.get(nameOf(uid, state)) as OpenTable
    open.writer ??= openSegment(this.#folder, open.table, 'base')
    open.writer.append(rows)
    open.hasher.add(rows)
  }

  /** Closes what is open, after a failure; the files go with the folder. */
  abandon(): void {
    for (const { writer } of this.#tables.values()) writer?.abandon()
  }

  /** Makes all files durable. */
  async finish(): Promise<FinishedTables> {
    const segments = new Map<string, SegmentInfo>()
    for (const [name, { writer }] of this.#tables) {
      if (writer !== null) segments.set(name, await writer.finish())
    }
    const operators = this.#stage.operators.map(({ uid, state }) => {
      const states = stateSchemas(state).map(schema => {
        const segment = segments.get(nameOf(uid, schema.name))
        return { ...schema, layers: segment ? [{ segments: [segment] }] : [] }
      })
      return { uid, key: this.#stage.key, states }
    })
    return { operators, digests: [...this.#tables.values()].map(({ hasher }) => hasher.finish()) }
  }
}

function nameOf(uid: string, state: string): string {
  return `${uid}/${state}`
}
