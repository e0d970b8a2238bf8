/** The output of a job's sink as a checkpoint counts it, to the byte. */
import { invalid } from '../errors.ts'
import { readOutput } from '../sink/read-output.ts'
import { openSavepoint } from './open.ts'
import type { Manifest } from './manifest.ts'

/**
 * What the newest checkpoint (or the one that is named) counts of a sink's output, as pieces of bytes; also while the run
 * goes on. `sink` may be left out where there is one alone. Errors: `invalid`, codes `unknown-sink` and `no-kept-output`;
 * `data`, code `sink-lost-output`; those of `openSavepoint`.
 */
export async function* outputOf(savepoint: string, sink?: string): AsyncGenerator<Uint8Array> {
  const { manifest, manifestPath } = await openSavepoint(savepoint)
  const name = sink ?? onlySink(manifest, manifestPath)
  const state = manifest.sinks[name]
  if (state === undefined) throw unknownSink(manifest, manifestPath, name)
  yield* readOutput(name, state)
}

function onlySink(manifest: Manifest, path: string): string {
  const [only, ...others] = Object.keys(manifest.sinks)
  if (only !== undefined && others.length === 0) return only
  throw unknownSink(manifest, path, only === undefined ? 'none' : 'no name')
}

function unknownSink({ sinks }: Manifest, thing: string, found: string): Error {
  const names = Object.keys(sinks)
  const expected = names.length === 0 ? 'a checkpoint with sinks' : `the name of a sink: ${names.join(', ')}`
  return invalid({ code: 'unknown-sink', thing, expected, found })
}
