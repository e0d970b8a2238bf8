/** Where the worker's program is: beside this file, whether it runs from TypeScript sources or from the built bundle. */

/**
 * The build lays all its files flat into one folder, so that `decode-worker.js` is beside whatever chunk this function
 * ended up in; in the sources it is `decode-worker.ts`, which needs a TypeScript loader that works in workers.
 */
export function decodeWorkerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./decode-worker.${extension}`, import.meta.url)
}
