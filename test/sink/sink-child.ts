/** A run in small, to be killed: writes numbers on from its checkpoint, and prints a checkpoint after every few flushes. */
import { readFileSync } from 'node:fs'
import { ndjson } from '../../src/sink/ndjson.ts'
import type { SinkState } from '../../src/sink/sink.ts'

const [file = '', state = 'null'] = process.argv.slice(2)
const sink = await ndjson(file).open(JSON.parse(state) as SinkState, null)
let next = readFileSync(file, 'utf8').split('\n').length - 1
for (;;) {
  for (let flush = 0; flush < 5; flush++) {
    await sink.write(Array.from({ length: 100 }, (_, i) => ({ n: next + i })))
    next += 100
  }
  process.stdout.write(`${JSON.stringify(await sink.prepare())}\n`)
}
