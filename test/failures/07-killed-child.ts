/** Bootstraps a small history into the folder given, and stands still for ever where the second argument says. */
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import { memoryHistory } from '../laws/memory-history.ts'
import { purchase, retail } from '../live/retail.ts'

const [into, phase] = process.argv.slice(2) as [string, string]
const records = Array.from({ length: 50 }, (_, offset) => ({
  source: 'purchases',
  partition: 0,
  offset,
  value: purchase(`c${offset % 20}`, offset),
}))

await bootstrap(retail, {
  history: { purchases: memoryHistory(records) },
  into,
  onProgress: progress => {
    if (progress.phase !== phase) return
    console.log(phase)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  },
})
