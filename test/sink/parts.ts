/** Sinks that put out in parts, and what is in their folders. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../src/clock.ts'
import { ndjsonParts, type PartOptions } from '../../src/sink/ndjson-parts.ts'
import { readOutput } from '../../src/sink/read-output.ts'
import type { OpenSink, SinkRun, SinkState } from '../../src/sink/sink.ts'

/** The id of an attempt: one digit, 32 times. */
export const attempt = (digit: number): string => String(digit).repeat(32)
/** The run of task 0 of a generation. */
export const runOf = (generation: number, clock: Clock = systemClock): SinkRun => ({
  generation,
  task: 0,
  attempt: attempt(generation),
  clock,
})

/** Opens a sink in parts. */
export type OpenParts = (
  folder: string,
  state: SinkState,
  run: SinkRun,
  options?: PartOptions,
) => Promise<OpenSink>

/** Opens sinks, which are closed when the test is over. To be called in a `describe`. */
export function partSinks(): OpenParts {
  const opened: OpenSink[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(sink => sink.close()))
  })
  return async (folder, state, run, options = {}) => {
    const sink = await ndjsonParts(folder, options).open(state, null, run)
    opened.push(sink)
    return sink
  }
}

export const numbers = (...all: readonly number[]): readonly { readonly n: number }[] => all.map(n => ({ n }))
export const text = (...all: readonly number[]): string => all.map(n => `{"n":${n}}\n`).join('')
/** Finished parts. */
export const visible = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter(name => !name.startsWith('.'))
    .sort()
/** What has no final name yet. */
export const hidden = (folder: string): readonly string[] =>
  readdirSync(folder).filter(name => name.startsWith('.'))
/** What `cat DIR/*.ndjson` prints. */
export const cat = (folder: string): string =>
  visible(folder)
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .join('')
/** The output that a state of the sink counts. */
export async function counted(state: SinkState): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of readOutput('out', state)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
/** A checkpoint with what was written so far. */
export async function commit(sink: OpenSink, last = false): Promise<SinkState> {
  const state = await sink.prepare(last)
  await sink.committed()
  return state
}
