/** An ndjson sink on a full disk: prints the error of a flush that has no room, then the length after a small one. */
import { ndjson } from '../../src/sink/ndjson.ts'

const [file = ''] = process.argv.slice(2)
const sink = await ndjson(file).open(null, null)
await sink.write([{ n: 'before' }])
try {
  await sink.write(Array.from({ length: 1000 }, (_, n) => ({ n: `${n} of a large flush` })))
} catch (error) {
  console.log((error as Error).message)
}
await sink.write([{ n: 2 }])
console.log(JSON.stringify(await sink.prepare()))
await sink.close()
