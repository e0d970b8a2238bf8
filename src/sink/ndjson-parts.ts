/**
 * Results as a folder of files, one JSON object a line: exact after crashes, and against a former owner that was only
 * paused. Each run writes files of its own, and only what a committed manifest counts gets a final name (live/TASKS.md,
 * section 2, has the rules O1 to O5).
 */
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { hasErrno, HeadwaterError, internal, invalid } from '../errors.ts'
import type { AnyRecord, Field } from '../record/record.ts'
import { checkParts, fencedParts, finishOwn, finishParts, withFinished } from './finish-parts.ts'
import { NdjsonLines, syncFolder } from './ndjson-lines.ts'
import { openName, type PartId } from './part-names.ts'
import {
  finishedCount,
  partsState,
  storedParts,
  type PartsState,
  type UnfinishedPart,
} from './parts-state.ts'
import type { OpenSink, Sink, SinkRun, SinkState } from './sink.ts'
import { sinkFault } from './sink-fault.ts'

/** When a part ends before its run does: at the first checkpoint after either. */
export interface PartOptions {
  /** Default 128 MiB. */
  readonly rollBytes?: number
  /** Milliseconds since its first record. Default 600,000. */
  readonly rollMs?: number
}

const defaults = { rollBytes: 128 * 1024 * 1024, rollMs: 600_000 }

/** A sink that writes records as lines of JSON to parts in the folder `path`, which is made if needed; its parent is not. */
export function ndjsonParts(path: string, options: PartOptions = {}): Sink<'exactly-once'> {
  const name = `ndjson:${path.replace(/\/*$/, '/')}`
  const settings = { ...defaults, ...options }
  const stateOf = (state: SinkState): PartsState | null => state && partsState(state, name)
  // A task that starts again goes on in its own row of parts; every other start is later than all that the state knows.
  const generationOf = (state: PartsState | null, run: Pick<SinkRun, 'generation' | 'rejoins'>): number => {
    const known = state === null ? [] : generationsOf(state)
    return Math.max(run.generation, ...known.map(each => (run.rejoins === true ? each : each + 1)))
  }
  return {
    name,
    file: path,
    guarantee: 'exactly-once',
    check: async (state, run) => {
      const folder = resolve(path)
      const known = stateOf(state)
      await withFaults(name, async () => {
        await refuseOtherThanFolder(folder, name)
        const generation = generationOf(known, run ?? { generation: 0 })
        await checkParts(known, { name, folder, generation, task: run?.task ?? 0 })
      })
    },
    fenced: async state => {
      const known = stateOf(state)
      return (
        known && storedParts(await withFaults(name, () => fencedParts({ ...known, folder: resolve(path) })))
      )
    },
    open: async (state, fields, run) => {
      if (run === undefined) throw internal({ code: 'no-run', thing: name, expected: 'a run that opens it' })
      const known = stateOf(state)
      const folder = resolve(path)
      const generation = generationOf(known, run)
      return withFaults(name, async () => {
        await refuseOtherThanFolder(folder, name)
        await mkdir(folder).then(async () => syncFolder(dirname(folder)), unlessThere)
        const { attempt, task, tasks = 1 } = run
        const finisher = { name, folder, attempt, generation, task, tasks }
        await checkParts(known, finisher)
        const begun = known === null ? emptyState(folder) : await finishParts({ ...known, folder }, finisher)
        return new OpenParts(name, begun, { ...run, generation }, fields, settings)
      })
    },
  }
}

interface Writing {
  readonly id: PartId
  readonly path: string
  readonly lines: NdjsonLines
  readonly beganMs: number
}

class OpenParts implements OpenSink {
  readonly #name: string
  readonly #run: SinkRun
  readonly #fields: readonly Field[] | null
  readonly #settings: Required<PartOptions>
  /** Without what is being written. */
  #state: PartsState
  #writing: Writing | null = null
  /** A part of this run that ends with the manifest that is prepared. */
  #ended: UnfinishedPart | null = null

  constructor(
    name: string,
    state: PartsState,
    run: SinkRun,
    fields: readonly Field[] | null,
    settings: Required<PartOptions>,
  ) {
    this.#name = name
    this.#state = state
    this.#run = run
    this.#fields = fields
    this.#settings = settings
  }

  async write(records: readonly AnyRecord[]): Promise<void> {
    if (records.length === 0) return
    this.#writing ??= await this.#begin()
    await this.#writing.lines.write(records)
  }

  async prepare(last: boolean = false): Promise<SinkState> {
    const writing = this.#writing
    if (writing === null) return storedParts(this.#state)
    const { attempt, clock } = this.#run
    const { bytes, tail } = await writing.lines.sync()
    const part = { ...writing.id, attempt, bytes, tail }
    const { rollBytes, rollMs } = this.#settings
    const ends = last || bytes >= rollBytes || clock.monotonicMs() - writing.beganMs >= rollMs
    if (bytes === 0) return storedParts(this.#state)
    if (!ends) return storedParts({ ...this.#state, open: [part] })
    this.#ended = part
    return storedParts({
      ...this.#state,
      finished: withFinished(this.#state.finished, part),
      finishing: [...this.#state.finishing, part],
    })
  }

  async committed(): Promise<void> {
    const ended = this.#ended
    if (ended === null) return
    await withFaults(this.#name, async () => {
      await this.#writing?.lines.close()
      this.#writing = null
      this.#ended = null
      const { folder, finished } = this.#state
      await finishOwn(this.#name, folder, ended)
      await syncFolder(folder)
      this.#state = { ...this.#state, finished: withFinished(finished, ended) }
    })
  }

  async close(): Promise<void> {
    await this.#writing?.lines.close()
    this.#writing = null
  }

  async #begin(): Promise<Writing> {
    const { generation, task, attempt, clock } = this.#run
    const { folder } = this.#state
    const id = { generation, task, number: finishedCount(this.#state, generation, task) + 1 }
    const path = join(folder, openName(id, attempt))
    return withFaults(this.#name, async () => {
      const handle = await open(path, 'wx+')
      const lines = new NdjsonLines(this.#name, path, handle, 0, this.#fields)
      return { id, path, lines, beganMs: clock.monotonicMs() }
    })
  }
}

function emptyState(folder: string): PartsState {
  return { folder, finished: [], finishing: [], open: [] }
}

function generationsOf({ finished, open }: PartsState): readonly number[] {
  return [...finished, ...open].map(({ generation }) => generation)
}

async function refuseOtherThanFolder(folder: string, name: string): Promise<void> {
  const isFolder = async (path: string): Promise<boolean | null> =>
    stat(path).then(
      stats => stats.isDirectory(),
      (error: unknown) => {
        if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null
        throw error
      },
    )
  const found = await isFolder(folder)
  const parent = found === null ? await isFolder(dirname(folder)) : true
  if (found !== false && parent === true) return
  throw invalid({
    code: 'bad-sink-file',
    thing: name,
    expected: 'a folder, or a name for one in an existing folder',
    found: found === false ? 'a file' : 'no folder to make it in',
  })
}

function unlessThere(error: unknown): void {
  if (!hasErrno(error, 'EEXIST')) throw error
}

async function withFaults<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof HeadwaterError ? error : sinkFault(error, name)
  }
}
