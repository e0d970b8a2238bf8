// Preloaded with tsx (`node --import tsx --import ./tools/tsx-in-workers.mjs`): on Node 20 tsx alone teaches only the
// main thread TypeScript, so that a worker started from a .ts file would not load.
import { isMainThread } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

if (!isMainThread) register()
